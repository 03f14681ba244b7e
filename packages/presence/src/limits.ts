/**
 * Rate limits. `memory-limits.ts` counts in this process, `redis-limits.ts` for all of them; `limits.contract.ts` tests both.
 */
export interface Limits {
  /**
   * Takes `points` from the allowance that `rule` gives `key`.
   *
   * @throws AppError RATE_LIMITED with `retryAfterMs` (milliseconds until the same call can succeed) when it is used up.
   * @throws AppError UNAVAILABLE, for a rule whose `whenUnavailable` is `refuse`, when the store does not answer within a second.
   *   A rule with `local` then counts in this process instead, so chat goes on.
   */
  consume(rule: LimitRule, key: string, points?: number): Promise<void>;

  /** Gives the whole allowance back: a correct password after wrong ones. Never throws; a store that is away forgets soon anyway. */
  reset(rule: LimitRule, key: string): Promise<void>;

  /** Resolves when the store answers, rejects with AppError UNAVAILABLE within a second when it does not. */
  ping(): Promise<void>;

  close(): Promise<void>;
}

export interface LimitRule {
  /** Part of the key in the store. */
  name: string;
  /** Calls allowed per window. */
  points: number;
  /** Length of the window, in milliseconds. */
  windowMs: number;
  /** What happens while the store is away: refuse (login, AI calls) or count here (sending). */
  whenUnavailable: 'refuse' | 'local';
}
