import type { LimitNote } from '../limits/consume-limits.js';

/**
 * The headers that tell a caller of the limits that a call counted against (draft 8 of the IETF's RateLimit header fields): how many
 * calls are allowed in how many seconds, how many are left, and in how many seconds all are there again.
 */
export class RateLimitHeaders {
  readonly #policies: string[] = [];
  readonly #limits: string[] = [];

  readonly note: LimitNote = ({ name, points, windowMs }, { remaining, resetMs }) => {
    this.#policies.push(`"${name}";q=${points};w=${Math.ceil(windowMs / 1_000)}`);
    this.#limits.push(`"${name}";r=${remaining};t=${Math.ceil(resetMs / 1_000)}`);
  };

  /** Empty for a call that counted against no limit. */
  get headers(): Record<string, string> {
    if (this.#limits.length === 0) return {};
    return { 'ratelimit-policy': this.#policies.join(', '), ratelimit: this.#limits.join(', ') };
  }
}
