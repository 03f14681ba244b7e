import type { Log } from './deps.js';

/**
 * Logs errors that come again and again while something is away. An error is logged at once, then at most once in `intervalMs`, with the
 * number of repeats that were left out.
 */
export class QuietLog {
  readonly #log: Log;
  readonly #intervalMs: number;
  readonly #seen = new Map<string, { saidAt: number; unsaid: number }>();

  constructor(log: Log, intervalMs = 30_000) {
    this.#log = log;
    this.#intervalMs = intervalMs;
  }

  /** @param message what failed; errors with the same message count as one */
  warn(message: string, error: unknown, fields: object = {}): void {
    const now = performance.now();
    const seen = this.#seen.get(message);
    if (seen && now - seen.saidAt < this.#intervalMs) {
      seen.unsaid++;
      return;
    }
    this.#seen.set(message, { saidAt: now, unsaid: 0 });
    this.#log.warn({ ...fields, err: error, ...(seen && seen.unsaid > 0 ? { repeats: seen.unsaid } : {}) }, message);
  }
}
