import { setTimeout } from 'node:timers/promises';
import type { CoreDeps } from '@parley/core/deps';
import { indexPeople } from '@parley/core/accounts/index-people';
import { indexMessages, type IndexStep } from '@parley/core/messages/index-messages';
import type { SweepWatch } from '@parley/core/metrics/process-metrics';
import type { QuietLog } from '@parley/core/quiet-log';

export interface WordIndexOptions {
  /** How often to look, in milliseconds; a quarter more or less, so that workers do not look together. @default 30000 */
  everyMs?: number;
  /** The rest between two steps, in which others have the database, in milliseconds. @default 20 */
  restMs?: number;
}

/**
 * Writes what searches look up where nobody has written it yet: see {@link indexMessages} and {@link indexPeople}. Every worker does it, at its start and again
 * and again, because an older process or an import may write beside it. Until then the search finds these rows by an older rule.
 */
export class WordIndex {
  readonly #deps: Pick<CoreDeps, 'db' | 'log'> & { quietLog: QuietLog; sweeps?: SweepWatch | undefined };
  readonly #everyMs: number;
  readonly #restMs: number;
  readonly #stopped = new AbortController();
  #running: Promise<void> | null = null;

  constructor(
    deps: Pick<CoreDeps, 'db' | 'log'> & { quietLog: QuietLog; sweeps?: SweepWatch | undefined },
    { everyMs = 30_000, restMs = 20 }: WordIndexOptions = {},
  ) {
    this.#deps = deps;
    this.#everyMs = everyMs;
    this.#restMs = restMs;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Looks through all rows that lack something; never rejects. @returns how many were written */
  async fill(): Promise<number> {
    let indexed = 0;
    const startedAt = performance.now();
    try {
      for (const step of [indexMessages, indexPeople]) {
        let after: string | null = null;
        do {
          const done: IndexStep = await step(this.#deps, after);
          indexed += done.indexed;
          after = done.next;
          if (after !== null) await this.#wait(this.#restMs);
        } while (after !== null && !this.#stopped.signal.aborted);
      }
    } catch (error) {
      this.#deps.quietLog.warn('what searches look up could not be written; the next sweep tries again', error);
    }
    this.#deps.sweeps?.swept('words', (performance.now() - startedAt) / 1000, indexed);
    if (indexed > 0) this.#deps.log.info({ indexed }, 'words of messages and names were written for searches');
    return indexed;
  }

  /** Resolves once the step under way is done. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    do await this.fill();
    while (await this.#wait(this.#everyMs * (0.75 + Math.random() / 2)));
  }

  /** Ends early, with false, when the worker stops. */
  #wait(ms: number): Promise<boolean> {
    return setTimeout(ms, true, { signal: this.#stopped.signal, ref: false }).catch(() => false);
  }
}
