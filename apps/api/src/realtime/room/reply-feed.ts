import {
  backoffMs,
  DeltaReassembler,
  isInProgress,
  type Delta,
  type EphemeralEvent,
  type MessageView,
  type Snapshot,
} from '@parley/contracts';
import type { ActiveReply } from '@parley/core/sync/admit-reader';
import type { ChunkBuffers } from './chunk-buffers.js';
import type { RoomWire } from './room-source.js';

/** The longest pause between two requests for the text behind one hole, in milliseconds. */
const holeMaxMs = 5_000;

export interface ReplyFeedOptions {
  /** How long text is collected before it goes out, in milliseconds. The first text of an attempt goes at once. */
  windowMs: number;
  /** How long a hole may stay before the feed asks the worker for the whole text, in milliseconds. */
  holeMs: number;
  /** How long the worker has to answer, in milliseconds. */
  snapshotTimeoutMs: number;
  /** How many pieces of one text may wait for a missing one. @default 256 */
  maxChunks?: number;
  /** Says which texts may have pieces waiting. @default all */
  buffers?: Pick<ChunkBuffers, 'hold' | 'release'>;
}

/**
 * The texts of a room's replies in progress. It first puts together the deltas from the bus, so that it can give any newcomer the text
 * so far. Then it passes on what was added, joined in short windows.
 */
export class ReplyFeed {
  readonly #wire: RoomWire;
  readonly #options: ReplyFeedOptions;
  readonly #reassembler: DeltaReassembler;
  /** The replies that are queued or streaming by the room's rows, with their attempts. */
  readonly #active = new Map<string, number>();
  /** How much of each reply the readers have been sent. */
  readonly #sent = new Map<string, { attempt: number; length: number }>();
  readonly #dirty = new Set<string>();
  /** The replies of which later pieces came and were not kept: their texts have a hole though nothing waits. */
  readonly #dropped = new Set<string>();
  readonly #asking = new Map<string, Promise<void>>();
  readonly #schedule: (delayMs: number) => void;
  readonly #onError: (error: unknown) => void;
  #closed = false;

  /**
   * @param schedule asks for {@link takeEvents} to be called after this delay at the latest
   * @param onError called when a worker could not even be asked, as with a malformed id; the text is then missing until the end
   */
  constructor(wire: RoomWire, options: ReplyFeedOptions, schedule: (delayMs: number) => void, onError: (error: unknown) => void) {
    this.#wire = wire;
    this.#options = options;
    this.#reassembler = new DeltaReassembler(options.maxChunks === undefined ? {} : { maxWaitingDeltas: options.maxChunks });
    this.#schedule = schedule;
    this.#onError = onError;
  }

  isInProgress(messageId: string): boolean {
    return this.#active.has(messageId);
  }

  get activeCount(): number {
    return this.#active.size;
  }

  receive(delta: Delta): void {
    const { messageId } = delta;
    if (this.#isEarly(delta) && !this.#mayWait(messageId)) {
      this.#reassembler.startAttempt(messageId, delta.attempt);
      this.#dropped.add(messageId);
      this.#fillHoleLater(messageId);
      return;
    }
    const result = this.#reassembler.applyDelta(delta);
    if (result.kind === 'changed') this.#changed(messageId, result.appended === null);
    else if (result.kind === 'hole') this.#fillHoleLater(messageId);
    this.#noteWaiting(messageId);
  }

  /**
   * Takes a durable change of a message, if the message is a reply. Call this after {@link takeEvents} has been sent, so that text precedes the
   * end.
   */
  apply(message: MessageView): void {
    if (message.kind !== 'reply') return;
    if (isInProgress(message.status) && !message.deletedAt) {
      this.#active.set(message.id, message.attempt);
      this.#reassembler.startAttempt(message.id, message.attempt);
      this.#noteWaiting(message.id);
      return;
    }
    this.#active.delete(message.id);
    this.#sent.delete(message.id);
    this.#dirty.delete(message.id);
    this.#reassembler.seal(message.id, message.attempt);
    this.#noteWaiting(message.id);
  }

  /** Learns which replies are in progress when the room is opened, and asks their workers for the text. Resolves within the snapshot timeout. */
  async open(active: ActiveReply[]): Promise<void> {
    for (const { messageId, attempt } of active) {
      this.#active.set(messageId, attempt);
      this.#reassembler.startAttempt(messageId, attempt);
    }
    await Promise.all(active.filter(({ attempt }) => attempt > 0).map((reply) => this.#ask(reply)));
  }

  /** Replaces the replies in progress. After a jump over changes, some of the known ones may have ended. */
  replaceActive(active: ActiveReply[]): void {
    const still = new Map(active.map(({ messageId, attempt }) => [messageId, attempt]));
    for (const messageId of this.#active.keys()) {
      if (still.has(messageId)) continue;
      this.#active.delete(messageId);
      this.#sent.delete(messageId);
      this.#reassembler.forget(messageId);
      this.#noteWaiting(messageId);
    }
    for (const [messageId, attempt] of still) {
      const known = this.#active.get(messageId);
      this.#active.set(messageId, attempt);
      this.#reassembler.startAttempt(messageId, attempt);
      this.#noteWaiting(messageId);
      if (attempt > 0 && known !== attempt) void this.#ask({ messageId, attempt });
    }
  }

  /** The text so far of each reply in progress, for `hello` and for a reader that lost deltas. */
  snapshots(): Snapshot[] {
    return Array.from(this.#active, ([messageId, attempt]) => {
      const known = this.#reassembler.get(messageId);
      return known && known.attempt >= attempt ? { messageId, attempt: known.attempt, text: known.text } : { messageId, attempt, text: '' };
    });
  }

  /** Takes the text that the readers have not been sent yet. */
  takeEvents(): EphemeralEvent[] {
    const events: EphemeralEvent[] = [];
    for (const messageId of this.#dirty) {
      const known = this.#reassembler.get(messageId);
      if (!known) continue;
      const sent = this.#sent.get(messageId);
      const from = sent && sent.attempt === known.attempt && sent.length <= known.text.length ? sent.length : 0;
      if (from < known.text.length)
        events.push({ type: 'delta', messageId, attempt: known.attempt, offset: from, text: known.text.slice(from) });
      this.#sent.set(messageId, { attempt: known.attempt, length: known.text.length });
    }
    this.#dirty.clear();
    return events;
  }

  /** Call this when nobody reads any more: from then on the feed asks no worker for the text behind a hole. */
  close(): void {
    this.#closed = true;
    for (const { messageId } of this.#reassembler.inProgress()) this.#options.buffers?.release(messageId);
  }

  /** Whether text before this piece is missing. */
  #isEarly({ messageId, attempt, offset }: Delta): boolean {
    const known = this.#reassembler.get(messageId);
    if (!known || attempt > known.attempt) return offset > 0;
    return attempt === known.attempt && offset > known.text.length;
  }

  #mayWait(messageId: string): boolean {
    return this.#options.buffers?.hold(messageId, () => this.#dropWaiting(messageId)) ?? true;
  }

  /** Drops what waits behind a hole. The hole stays, and the worker is asked on for the text. */
  #dropWaiting(messageId: string): void {
    const known = this.#reassembler.get(messageId);
    if (!known?.hole) return;
    const { attempt, text } = known;
    this.#reassembler.forget(messageId);
    this.#reassembler.startAttempt(messageId, attempt);
    this.#reassembler.applySnapshot({ messageId, attempt, text });
    this.#dropped.add(messageId);
  }

  /** Notes what has become of a text's hole. */
  #noteWaiting(messageId: string): void {
    const known = this.#reassembler.get(messageId);
    if (!known) this.#dropped.delete(messageId);
    if (!known?.hole) this.#options.buffers?.release(messageId);
  }

  #hasHole(messageId: string): boolean {
    return this.#dropped.has(messageId) || (this.#reassembler.get(messageId)?.hole ?? false);
  }

  #changed(messageId: string, replaced: boolean): void {
    this.#dirty.add(messageId);
    if (replaced) this.#sent.delete(messageId);
    const sent = this.#sent.get(messageId);
    const first = !sent || sent.attempt !== this.#reassembler.get(messageId)?.attempt;
    this.#schedule(first ? 0 : this.#options.windowMs);
  }

  #fillHoleLater(messageId: string): void {
    if (!this.#asking.has(messageId)) this.#track(messageId, this.#fillHole(messageId));
  }

  /** Asks for the text while the hole stays: where nothing more is written for a while, no later piece would ask again. */
  async #fillHole(messageId: string): Promise<void> {
    for (let asked = 0; ; asked++) {
      const waitMs = backoffMs(asked, { firstMs: this.#options.holeMs, maxMs: holeMaxMs, least: 1 });
      await new Promise<void>((resolve) => setTimeout(resolve, waitMs).unref());
      const known = this.#reassembler.get(messageId);
      if (!known || this.#closed || !this.#hasHole(messageId)) return;
      await this.#request({ messageId, attempt: known.attempt });
      if (!this.#hasHole(messageId)) return;
    }
  }

  #ask(reply: ActiveReply): Promise<void> {
    const asking = this.#asking.get(reply.messageId) ?? this.#request(reply);
    this.#track(reply.messageId, asking);
    return asking;
  }

  #track(messageId: string, asking: Promise<void>): void {
    this.#asking.set(messageId, asking);
    void asking.finally(() => this.#asking.delete(messageId));
  }

  /**
   * Asks the worker for the text. It never rejects: nobody but {@link open} awaits it, and an unhandled rejection would end the process.
   */
  async #request(reply: ActiveReply): Promise<void> {
    try {
      const snapshot = await this.#wire.requestSnapshot(reply, this.#options.snapshotTimeoutMs);
      if (!snapshot) return;
      const result = this.#reassembler.applySnapshot(snapshot);
      // The worker's text has every piece that came here before.
      this.#dropped.delete(reply.messageId);
      this.#noteWaiting(reply.messageId);
      if (result.kind === 'changed') this.#changed(reply.messageId, result.appended === null);
    } catch (error) {
      this.#onError(error);
    }
  }
}
