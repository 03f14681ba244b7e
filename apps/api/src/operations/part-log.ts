import type { ServerPart } from '@parley/contracts';
import type { Log } from '@parley/core/deps';

interface Entry {
  state: 'ok' | 'away';
  error: unknown;
  /** The state that the log last gave for this part. */
  saidState: 'ok' | 'away';
  /** When the log last gave each state, by the process's monotonic clock, in milliseconds. */
  saidAt: { ok: number; away: number };
  /** Changes since then that the log left out. */
  unsaid: number;
  timer: NodeJS.Timeout | null;
}

/**
 * Logs that a part of the server is away, and that it is back: each at once, then at most once in `intervalMs`. If a part comes and goes
 * often, the log is late but ends with the true state.
 */
export class PartLog {
  readonly #log: Log;
  readonly #intervalMs: number;
  readonly #entries = new Map<ServerPart, Entry>();

  constructor(log: Log, intervalMs = 30_000) {
    this.#log = log;
    this.#intervalMs = intervalMs;
  }

  note(part: ServerPart, state: 'ok' | 'away', error: unknown): void {
    let entry = this.#entries.get(part);
    if (!entry) {
      const never = Number.NEGATIVE_INFINITY;
      entry = { state: 'ok', error: null, saidState: 'ok', saidAt: { ok: never, away: never }, unsaid: 0, timer: null };
      this.#entries.set(part, entry);
    }
    Object.assign(entry, { state, error, unsaid: entry.unsaid + 1 });
    this.#settle(part, entry);
  }

  close(): void {
    for (const { timer } of this.#entries.values()) if (timer) clearTimeout(timer);
    this.#entries.clear();
  }

  #settle(part: ServerPart, entry: Entry): void {
    if (entry.timer) clearTimeout(entry.timer);
    entry.timer = null;
    const { state, error } = entry;
    if (state === entry.saidState) return;
    const now = performance.now();
    const waitMs = entry.saidAt[state] + this.#intervalMs - now;
    if (waitMs > 0) {
      entry.timer = setTimeout(() => this.#settle(part, entry), Math.ceil(waitMs));
      return;
    }
    const fields = { part, ...(entry.unsaid > 1 ? { changes: entry.unsaid } : {}) };
    entry.saidState = state;
    entry.saidAt[state] = now;
    entry.unsaid = 0;
    if (state === 'ok') this.#log.info(fields, 'a part of the server is back');
    else this.#log.warn({ ...fields, err: error }, 'a part of the server is away');
  }
}
