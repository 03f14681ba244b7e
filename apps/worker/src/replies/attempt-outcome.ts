/**
 * How an attempt at a job went, for logs and metrics.
 *
 * - `complete`, `stopped`, `failed`: this attempt wrote the job's end.
 * - `requeued`: it failed, and another attempt will follow. `handed_back`: this process is stopping, and another attempt goes on.
 * - `waiting`: it rests until somebody allows a call of a tool, and another attempt goes on then.
 * - `fenced`: another attempt or an end came first, and nothing was written.
 * - `abandoned`: the database stayed away. The lease lapses and the sweep of some worker starts the next attempt.
 */
export type AttemptOutcome = 'complete' | 'stopped' | 'failed' | 'requeued' | 'handed_back' | 'waiting' | 'fenced' | 'abandoned';

/** Why a running attempt is ended from outside; the reason of its abort signal. */
export class Interruption extends Error {
  override readonly name = 'Interruption';
  readonly kind: 'stop' | 'fenced' | 'hand_back' | 'wait';
  /** User id, for `stop`. */
  readonly stoppedBy: string | null;

  constructor(kind: Interruption['kind'], stoppedBy: string | null = null) {
    super(kind);
    this.kind = kind;
    this.stoppedBy = stoppedBy;
  }
}
