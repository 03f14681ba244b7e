/**
 * Rate limits. `memory-limits.ts` counts in this process, `redis-limits.ts` for all processes together; `limits.contract.ts` tests both.
 *
 * A window starts with a key's first call and ends `windowMs` later, whatever happens in between. A refused call is counted too, but
 * never prolongs the wait.
 */
export interface Limits {
  /**
   * Takes `points` (default 1) from the allowance that `rule` gives `key`, and says what is left of it.
   *
   * @throws AppError RATE_LIMITED with `retryAfterMs` (milliseconds until the same call can succeed, at least 1) when the allowance is
   *   used up.
   * @throws AppError UNAVAILABLE, for a rule whose `whenUnavailable` is `refuse`, when the store does not answer within a second. A rule
   *   with `local` then counts in this process instead, so chat goes on.
   * @throws RangeError for `points` that the rule could never grant, and for a rule out of bounds: a mistake of the caller's.
   */
  consume(rule: LimitRule, key: string, points?: number): Promise<Allowance>;

  /** Gives the whole allowance back, as after a correct password. Never throws: a store that is away soon forgets the calls anyway. */
  reset(rule: LimitRule, key: string): Promise<void>;

  /** Resolves when the store answers, rejects with AppError UNAVAILABLE within a second when it does not. */
  ping(): Promise<void>;

  /** Frees the counters and the connection. Idempotent; no other call may follow. */
  close(): Promise<void>;
}

/** What is left of an allowance after a call. */
export interface Allowance {
  /** Points that are left in this window. */
  remaining: number;
  /** Until the window ends and all points are there again, in milliseconds; at least 1. */
  resetMs: number;
}

/** Two rules of the same name but another `points` or `windowMs` share no allowance, so a changed setting counts at once. */
export interface LimitRule {
  /** Part of the key in the store. */
  name: string;
  /** Calls allowed per window, at least 1. */
  points: number;
  /** Length of the window, in whole milliseconds, at least 1 and at most 2^31 - 1 (24 days). */
  windowMs: number;
  /** What happens while the store is away: the call is refused (login, AI calls) or counted in this process (sending). */
  whenUnavailable: 'refuse' | 'local';
}
