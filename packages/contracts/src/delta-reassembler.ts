import type { Delta, Snapshot } from './room-event.js';

/** How a reassembler answers each input. */
export type ReassemblyResult =
  /** The text grew or started over. `appended` is what was added at its end, or null if the whole text was replaced. */
  | { kind: 'changed'; appended: string | null }
  /** The input has nothing new: it is old, overlapping, or of a sealed or an earlier attempt. */
  | { kind: 'ignored' }
  /** Text before this delta is missing; the delta waits, as far as the bounds allow. */
  | { kind: 'hole' };

export interface ReplyText {
  attempt: number;
  text: string;
  /** True while later text waits for earlier text. */
  hole: boolean;
}

interface ReplyState extends ReplyText {
  /** Deltas that begin beyond the end of the text, by offset; bounded. */
  waiting: Delta[];
  waitingUnits: number;
  /** All attempts up to this one are over; −1 while none is. */
  sealedAttempt: number;
}

export interface ReassemblerOptions {
  /** Most UTF-16 units that wait behind a hole, per reply. @default 65536 */
  maxWaitingUnits?: number;
  /** Most deltas that wait behind a hole, per reply. @default 256 */
  maxWaitingDeltas?: number;
  /** Most replies tracked; the least recently changed is dropped first. @default 1024 */
  maxReplies?: number;
}

/**
 * Puts the texts of replies together from deltas that may come twice, late or never. The rules, per reply: `offset == length` appends;
 * `offset < length` drops the overlap; `offset > length` waits; a higher attempt starts over; a sealed attempt and all below are over; a
 * snapshot of a lower attempt, or of the same attempt and not longer, is ignored. A delta of an unknown reply is kept too. The hub,
 * which serves sockets and SSE, and the client both use this class.
 */
export class DeltaReassembler {
  readonly #replies = new Map<string, ReplyState>();
  readonly #maxWaitingUnits: number;
  readonly #maxWaitingDeltas: number;
  readonly #maxReplies: number;

  constructor(options: ReassemblerOptions = {}) {
    this.#maxWaitingUnits = options.maxWaitingUnits ?? 65_536;
    this.#maxWaitingDeltas = options.maxWaitingDeltas ?? 256;
    this.#maxReplies = options.maxReplies ?? 1024;
  }

  get size(): number {
    return this.#replies.size;
  }

  /** The text of a reply so far; undefined if the reply is unknown or its attempt is sealed. */
  get(messageId: string): ReplyText | undefined {
    const state = this.#replies.get(messageId);
    return state && state.attempt > state.sealedAttempt ? state : undefined;
  }

  applyDelta(delta: Delta): ReassemblyResult {
    const state = this.#stateAt(delta.messageId, delta.attempt);
    if (!state) return { kind: 'ignored' };
    if (delta.offset > state.text.length) {
      this.#hold(state, delta);
      return { kind: 'hole' };
    }
    const before = state.text.length;
    if (!append(state, delta)) return { kind: 'ignored' };
    drain(state);
    return { kind: 'changed', appended: state.text.slice(before) };
  }

  applySnapshot(snapshot: Snapshot): ReassemblyResult {
    const state = this.#stateAt(snapshot.messageId, snapshot.attempt);
    if (!state || snapshot.text.length <= state.text.length) return { kind: 'ignored' };
    const before = state.text;
    state.text = snapshot.text;
    drain(state);
    return { kind: 'changed', appended: state.text.startsWith(before) ? state.text.slice(before.length) : null };
  }

  /** Ends an attempt, because a durable event did: from now on the message's own content counts, and late deltas are ignored. */
  seal(messageId: string, attempt: number): void {
    const state = this.#replies.get(messageId) ?? this.#create(messageId, attempt);
    if (attempt <= state.sealedAttempt) return;
    state.sealedAttempt = attempt;
    if (state.attempt <= attempt) {
      state.text = '';
      state.waiting = [];
      state.waitingUnits = 0;
      state.hole = false;
    }
  }

  /** Moves the reply to this attempt, because it was claimed or queued again: earlier text no longer counts. */
  startAttempt(messageId: string, attempt: number): void {
    this.#stateAt(messageId, attempt);
  }

  forget(messageId: string): void {
    this.#replies.delete(messageId);
  }

  clear(): void {
    this.#replies.clear();
  }

  /** Every reply that has an open attempt. */
  *inProgress(): Generator<Snapshot & { hole: boolean }> {
    for (const [messageId, state] of this.#replies) {
      if (state.attempt > state.sealedAttempt) yield { messageId, attempt: state.attempt, text: state.text, hole: state.hole };
    }
  }

  /** The reply's state to write to, reset if the attempt is new; undefined if the attempt is over. */
  #stateAt(messageId: string, attempt: number): ReplyState | undefined {
    const state = this.#replies.get(messageId);
    if (!state) return this.#create(messageId, attempt);
    if (attempt <= state.sealedAttempt || attempt < state.attempt) return undefined;
    if (attempt > state.attempt) {
      state.attempt = attempt;
      state.text = '';
      state.waiting = [];
      state.waitingUnits = 0;
      state.hole = false;
    }
    // Move the reply to the end of the map: the first is then the least recently changed, which the bound drops.
    this.#replies.delete(messageId);
    this.#replies.set(messageId, state);
    return state;
  }

  #create(messageId: string, attempt: number): ReplyState {
    if (this.#replies.size >= this.#maxReplies) {
      const quietest = this.#replies.keys().next();
      if (!quietest.done) this.#replies.delete(quietest.value);
    }
    const state: ReplyState = { attempt, text: '', hole: false, waiting: [], waitingUnits: 0, sealedAttempt: -1 };
    this.#replies.set(messageId, state);
    return state;
  }

  #hold(state: ReplyState, delta: Delta): void {
    state.hole = true;
    if (state.waiting.length >= this.#maxWaitingDeltas || state.waitingUnits + delta.text.length > this.#maxWaitingUnits) {
      // Drop the delta. Its text is not lost: the hole stays, and whoever sees the hole asks for a snapshot.
      return;
    }
    state.waiting.push({ ...delta });
    state.waitingUnits += delta.text.length;
    state.waiting.sort((a, b) => a.offset - b.offset);
  }
}

/** Appends the part of the delta that is new; false if there is none. */
function append(state: ReplyState, delta: Delta): boolean {
  const overlap = state.text.length - delta.offset;
  if (overlap >= delta.text.length) return false;
  state.text += delta.text.slice(overlap);
  return true;
}

/** Appends the waiting deltas that no longer have a hole before them. */
function drain(state: ReplyState): void {
  let next = state.waiting[0];
  while (next && next.offset <= state.text.length) {
    append(state, next);
    state.waitingUnits -= next.text.length;
    state.waiting.shift();
    next = state.waiting[0];
  }
  state.hole = state.waiting.length > 0;
}
