import { setTimeout as delay } from 'node:timers/promises';
import type { Bus, BusSubscription } from '@parley/bus';
import { AppError, channels, DeltaReassembler } from '@parley/contracts';
import type { Log } from '@parley/core/deps';
import type { AgentAttempt } from '@parley/core/replies/agent-attempt';
import type { DeltaBatcher, DeltaChannel } from '@parley/core/replies/delta-batcher';
import { maxAnswerBytes } from '@parley/core/replies/end-agent-task';
import { PrivateChannel } from '@parley/core/replies/private-channel';
import { listenForReply } from '@parley/core/replies/reply-listener';
import { tellPrivateProgress } from '@parley/core/replies/tell-private-progress';

export interface AttemptTextDeps {
  bus: Bus;
  log: Log;
  batcher: DeltaBatcher;
  onError: (error: unknown, operation: string) => void;
}

/** How long another process may take to say the text that it has, in milliseconds. */
const snapshotMs = 200;
/** How long text that another process took a moment ago may be on its way here, in milliseconds. */
const lateMs = 1_000;
const lookAgainMs = 50;

/**
 * The text of an attempt that an agent writes, as this process has it. An agent may send each piece to another process: so each process that
 * was sent one follows what the others publish, and asks them for what it missed. The text is kept nowhere else until the answer ends; if
 * all who had it are gone, the agent is told from where to send it again.
 */
export class AttemptText {
  readonly attempt: AgentAttempt;
  /** Sessions and keys that were found to serve the character, in this room. */
  readonly servedBy = new Set<string>();
  /** Resolves once this process hears stops and has the text that others have. */
  readonly ready: Promise<void>;
  readonly #deps: AttemptTextDeps;
  readonly #text = new DeltaReassembler({ maxReplies: 1 });
  readonly #onStop = new Set<() => void>();
  #listener: { close(): void } | null = null;
  #following: BusSubscription | null = null;
  /** Where this process publishes; null until it writes, and after another process wrote. */
  #channel: (DeltaChannel & { close?(): void }) | null = null;
  #looking: Promise<void> | null = null;
  #stopRequested = false;
  #closed = false;

  constructor(deps: AttemptTextDeps, attempt: AgentAttempt, onEnd: () => void) {
    this.#deps = deps;
    this.attempt = attempt;
    this.#text.startAttempt(attempt.id, attempt.attempt);
    this.ready = this.#open(onEnd);
  }

  get text(): string {
    return this.#text.get(this.attempt.id)?.text ?? '';
  }

  get stopRequested(): boolean {
    return this.#stopRequested;
  }

  /** Resolves when somebody wants the answer stopped. @param waits until it is aborted */
  untilStop(waits: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (this.#stopRequested || waits.aborted) return resolve();
      const end = (): void => {
        this.#onStop.delete(end);
        waits.removeEventListener('abort', end);
        resolve();
      };
      this.#onStop.add(end);
      waits.addEventListener('abort', end, { once: true });
    });
  }

  /**
   * Shows text that begins at this offset. What is here already is left out. A half of a character at the end is left out too, for the next
   * piece to begin with.
   *
   * @throws AppError TEXT_MISSING with the offset from which to send it again; PAYLOAD_TOO_LARGE for more than an answer may be
   */
  async write(offset: number, text: string): Promise<void> {
    if (!(await this.reach(offset))) throw this.missing();
    const before = this.text;
    const added = storable(text).slice(before.length - offset);
    if (added === '') return;
    if ((before.length + added.length) * 3 > maxAnswerBytes(this.attempt) && bytesOf(before + added) > maxAnswerBytes(this.attempt)) {
      throw new AppError('PAYLOAD_TOO_LARGE', `An answer has ${maxAnswerBytes(this.attempt) / 1024} kB at most. End it.`, {
        field: 'text',
      });
    }
    const { id: messageId, attempt } = this.attempt;
    this.#text.applyDelta({ messageId, attempt, offset: before.length, text: added });
    if (this.#closed) return;
    if (this.#channel) this.#channel.push({ offset: before.length, text: added });
    else {
      this.#channel = this.#openChannel();
      // A private channel tells the whole text each time.
      this.#channel.push(this.attempt.private ? { offset: 0, text: this.text } : { offset: before.length, text: added });
    }
  }

  /** Waits until the text up to this offset is here, as far as any process has it. @returns false if none has */
  async reach(offset: number): Promise<boolean> {
    await this.ready;
    const latest = performance.now() + lateMs;
    while (this.text.length < offset) {
      if (this.#closed || this.text === '' || performance.now() > latest) return false;
      await this.#lookAgain();
    }
    return true;
  }

  missing(): AppError {
    return new AppError('TEXT_MISSING', undefined, { field: 'offset', offset: this.text.length });
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#channel?.close?.();
    this.#listener?.close();
    this.#following?.unsubscribe();
    for (const end of [...this.#onStop]) end();
  }

  /** Follows first and asks then, so that nothing between is missed; answers others last, so that it does not ask itself. */
  async #open(onEnd: () => void): Promise<void> {
    const { bus, onError } = this.#deps;
    const { id: messageId, attempt } = this.attempt;
    this.#following = await this.#follow(onEnd).catch((error: unknown) => {
      onError(error, 'follow an answer');
      return null;
    });
    await this.#ask();
    if (this.#closed) return this.#following?.unsubscribe();
    await new Promise<void>((resolve) => {
      const unheard = setTimeout(resolve, snapshotMs);
      this.#listener = listenForReply({
        bus,
        messageId,
        attempt,
        text: () => this.text,
        onStop: () => this.#stop(),
        onListening: () => {
          clearTimeout(unheard);
          resolve();
        },
        onError: (error) => onError(error, 'listen for an answer'),
      });
    });
  }

  #follow(onEnd: () => void): Promise<BusSubscription> {
    const { bus } = this.#deps;
    const { id, attempt, roomId, askedBy } = this.attempt;
    if (!this.attempt.private) {
      return bus.subscribe(channels.roomDeltas(roomId), ({ deltas }) => {
        for (const delta of deltas)
          if (delta.messageId === id && delta.attempt === attempt) this.#noteOthers(this.#text.applyDelta(delta).kind);
      });
    }
    return bus.subscribe(channels.user(askedBy.id), (notice) => {
      if (notice.type !== 'inbox' || notice.event.type !== 'privateReply' || notice.event.reply.id !== id) return;
      const { reply } = notice.event;
      if (reply.status !== 'streaming' || reply.attempt > attempt) onEnd();
      else this.#noteOthers(this.#text.applySnapshot({ messageId: id, attempt: reply.attempt, text: reply.content }).kind);
    });
  }

  /** Calls that wait for text ask together: an agent may send many, with offsets that nobody has. */
  #lookAgain(): Promise<void> {
    this.#looking ??= delay(lookAgainMs)
      .then(() => this.#ask())
      .finally(() => (this.#looking = null));
    return this.#looking;
  }

  async #ask(): Promise<void> {
    const { id, attempt } = this.attempt;
    const snapshot = await this.#deps.bus.request(channels.replySnapshot(id, attempt), null, { timeoutMs: snapshotMs });
    if (snapshot) this.#noteOthers(this.#text.applySnapshot(snapshot).kind);
  }

  /** If another process wrote, it publishes: this one would repeat an older text. */
  #noteOthers(result: 'changed' | 'ignored' | 'hole'): void {
    if (result === 'ignored') return;
    this.#channel?.close?.();
    this.#channel = null;
  }

  #openChannel(): DeltaChannel & { close?(): void } {
    const { id: messageId, roomId, attempt } = this.attempt;
    if (!this.attempt.private) return this.#deps.batcher.open({ channel: channels.roomDeltas(roomId), messageId, attempt });
    return new PrivateChannel((text) => tellPrivateProgress(this.#deps, this.attempt, text));
  }

  #stop(): void {
    this.#stopRequested = true;
    for (const end of [...this.#onStop]) end();
  }
}

function bytesOf(text: string): number {
  return Buffer.byteLength(text);
}

/** A piece as it can be stored and shown, sign by sign, so that offsets stay; half a character at its end is left out. */
function storable(text: string): string {
  const last = text.charCodeAt(text.length - 1);
  const whole = last >= 0xd800 && last <= 0xdbff ? text.slice(0, -1) : text;
  return whole.replaceAll('\0', '\ufffd').toWellFormed();
}
