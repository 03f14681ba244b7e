import {
  backoffMs,
  DeltaReassembler,
  isInProgress,
  type Delta,
  type MessageView,
  type ReassemblyResult,
  type Snapshot,
} from '@parley/contracts';
import { Listeners } from '../listeners.js';
import type { ReplyInProgress } from '../types.js';

/** How long text may wait for the text before it, in milliseconds, before the room's subscription is started again. */
const holeMs = 1_000;
/** The longest pause between two such restarts while text goes on missing, in milliseconds. */
const maxHoleMs = 16_000;

/** The texts of a room's replies in progress, put together from deltas, each with listeners of its own. */
export class ReplyTexts {
  readonly #reassembler = new DeltaReassembler();
  readonly #listeners = new Map<string, Listeners>();
  readonly #shown = new Map<string, ReplyInProgress>();
  readonly #onHole: () => void;
  #holeTimer: ReturnType<typeof setTimeout> | undefined;
  /** How many restarts were asked for in a row. */
  #restarts = 0;

  /** @param onHole called when text has been missing for too long: a new subscription brings the whole text */
  constructor(onHole: () => void) {
    this.#onHole = onHole;
  }

  get(messageId: string): ReplyInProgress | undefined {
    const known = this.#reassembler.get(messageId);
    if (!known) {
      this.#shown.delete(messageId);
      return undefined;
    }
    const shown = this.#shown.get(messageId);
    if (shown && shown.attempt === known.attempt && shown.text === known.text) return shown;
    const fresh = { attempt: known.attempt, text: known.text };
    this.#shown.set(messageId, fresh);
    return fresh;
  }

  subscribe(messageId: string, listener: () => void): () => void {
    const listeners = this.#listeners.get(messageId) ?? new Listeners();
    this.#listeners.set(messageId, listeners);
    const remove = listeners.add(listener);
    return () => {
      remove();
      if (listeners.size === 0 && this.#listeners.get(messageId) === listeners) this.#listeners.delete(messageId);
    };
  }

  applyDelta(delta: Delta): void {
    this.#changed(delta.messageId, this.#reassembler.applyDelta(delta));
  }

  applySnapshot(snapshot: Snapshot): void {
    this.#changed(snapshot.messageId, this.#reassembler.applySnapshot(snapshot));
  }

  /**
   * Takes note of a message's row. A reply that has ended seals its attempt; a reply in progress starts its attempt.
   *
   * @param live false for history, where only replies we have text of need sealing
   */
  noteMessage(message: MessageView, live: boolean): void {
    if (message.kind !== 'reply') return;
    const before = this.get(message.id);
    const inProgress = isInProgress(message.status) && message.deletedAt === null;
    if (inProgress) this.#reassembler.startAttempt(message.id, message.attempt);
    else if (live || before) this.#reassembler.seal(message.id, message.attempt);
    if (this.get(message.id) !== before) this.#listeners.get(message.id)?.notify();
  }

  close(): void {
    clearTimeout(this.#holeTimer);
    this.#listeners.clear();
    this.#shown.clear();
    this.#reassembler.clear();
  }

  #changed(messageId: string, result: ReassemblyResult): void {
    if (result.kind === 'changed') this.#listeners.get(messageId)?.notify();
    if (result.kind === 'hole' && this.#holeTimer === undefined) this.#checkHolesLater();
  }

  #checkHolesLater(): void {
    const waitMs = backoffMs(this.#restarts, { firstMs: holeMs, maxMs: maxHoleMs, least: 1 });
    this.#holeTimer = setTimeout(() => this.#checkHoles(), waitMs);
  }

  #checkHoles(): void {
    this.#holeTimer = undefined;
    const hole = [...this.#reassembler.inProgress()].some((reply) => reply.hole);
    if (!hole) {
      this.#restarts = 0;
      return;
    }
    this.#restarts++;
    this.#checkHolesLater();
    this.#onHole();
  }
}
