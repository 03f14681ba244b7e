import type { Bus } from '@parley/bus';
import type { DbHandle, WatchedStatement } from '@parley/db';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { CoreDeps } from '../deps.js';
import { StoreFigures, type StoreFiguresOptions } from './store-figures.js';

/** Which sweep looked for what was lost, or is spent. */
export const sweepNames = ['room_heads', 'sessions', 'jobs', 'spent_rows', 'words'] as const;
export type SweepName = (typeof sweepNames)[number];

/** Told of each sweep once it is over. */
export interface SweepWatch {
  /** @param repaired what it found lost, or took away */
  swept(sweep: SweepName, seconds: number, repaired: number): void;
}

/** Boundaries of what takes from a part of a millisecond to seconds. */
const shortSeconds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** How often the delay of the event loop is looked at, in milliseconds. */
const loopEveryMs = 250;

/**
 * What every process shows of itself, whichever part it is: its statements and connections, the bus, the sweeps, the delay of its event
 * loop; and what the database alone knows, which is the same in each process. Make it once for each registry; {@link watch} begins once the
 * parts are there.
 */
export class ProcessMetrics implements SweepWatch {
  readonly #registry: Registry;
  readonly #statements: Histogram<'outcome'>;
  readonly #waits: Histogram;
  readonly #sweeps: Histogram<'sweep'>;
  readonly #repaired: Counter<'sweep'>;
  readonly #loopDelay: Histogram;
  #timer: NodeJS.Timeout | null = null;

  constructor(registry: Registry) {
    this.#registry = registry;
    const registers = [registry];
    this.#statements = new Histogram({
      name: 'parley_database_statement_seconds',
      help: 'Time of each statement, with its wait for a connection',
      labelNames: ['outcome'],
      buckets: shortSeconds,
      registers,
    });
    this.#waits = new Histogram({
      name: 'parley_database_wait_seconds',
      help: 'How long a statement waited for a connection',
      buckets: shortSeconds,
      registers,
    });
    this.#sweeps = new Histogram({
      name: 'parley_sweep_seconds',
      help: 'Time of each sweep, which looks for what was lost or is spent',
      labelNames: ['sweep'],
      buckets: [0.001, 0.01, 0.1, 1, 10, 60, 600],
      registers,
    });
    this.#repaired = new Counter({
      name: 'parley_sweep_repaired_total',
      help: 'What sweeps found lost and repaired, or took away because it is spent',
      labelNames: ['sweep'],
      registers,
    });
    for (const sweep of sweepNames) {
      this.#sweeps.zero({ sweep });
      this.#repaired.inc({ sweep }, 0);
    }
    this.#loopDelay = new Histogram({
      name: 'parley_event_loop_delay_seconds',
      help: `How much later than asked for the process had its turn, looked at every ${loopEveryMs} ms`,
      buckets: shortSeconds,
      registers,
    });
  }

  /** Notes a statement; for the database's `onStatement`. */
  readonly noteStatement = ({ waitedMs, tookMs, failed }: WatchedStatement): void => {
    this.#statements.observe({ outcome: failed ? 'error' : 'ok' }, tookMs / 1000);
    this.#waits.observe(waitedMs / 1000);
  };

  swept(sweep: SweepName, seconds: number, repaired: number): void {
    this.#sweeps.observe({ sweep }, seconds);
    if (repaired > 0) this.#repaired.inc({ sweep }, repaired);
  }

  /** Begins to show the parts. @returns what ends it */
  watch({ db, bus }: Pick<CoreDeps, 'db' | 'bus'>, database: Pick<DbHandle, 'connections'>, figures?: StoreFiguresOptions): () => void {
    const registers = [this.#registry];
    const store = new StoreFigures({ db }, figures);
    const connections = new Gauge({
      name: 'parley_database_connections',
      help: 'Connections to the database',
      labelNames: ['state'],
      registers,
      collect() {
        const { busy, idle } = database.connections();
        connections.set({ state: 'busy' }, busy);
        connections.set({ state: 'idle' }, idle);
      },
    });
    new Gauge({
      name: 'parley_database_waiting',
      help: 'Statements that wait for a connection',
      registers,
      collect() {
        this.set(database.connections().waiting);
      },
    });
    this.#watchBus(bus, registers);
    const jobs = new Gauge({
      name: 'parley_jobs',
      help: 'Jobs that are not done, of the whole deployment',
      labelNames: ['kind', 'state'],
      registers,
      async collect() {
        const read = await store.jobs();
        jobs.reset();
        for (const { kind, waiting, running } of read) {
          jobs.set({ kind, state: 'waiting' }, waiting);
          jobs.set({ kind, state: 'running' }, running);
        }
      },
    });
    const oldest = new Gauge({
      name: 'parley_jobs_oldest_seconds',
      help: 'How long the job has waited that waits longest, among those that may begin',
      labelNames: ['kind'],
      registers,
      async collect() {
        const read = await store.jobs();
        oldest.reset();
        for (const { kind, oldestSeconds } of read) oldest.set({ kind }, oldestSeconds);
      },
    });
    const tables = new Gauge({
      name: 'parley_table_bytes',
      help: 'What each table takes, with its indexes',
      labelNames: ['table'],
      registers,
      async collect() {
        const read = await store.tables();
        tables.reset();
        for (const { table, bytes } of read) tables.set({ table }, bytes);
      },
    });
    let due = performance.now() + loopEveryMs;
    this.#timer = setInterval(() => {
      const now = performance.now();
      this.#loopDelay.observe(Math.max(0, now - due) / 1000);
      due = now + loopEveryMs;
    }, loopEveryMs).unref();
    return () => {
      if (this.#timer) clearInterval(this.#timer);
      this.#timer = null;
    };
  }

  #watchBus(bus: Bus, registers: Registry[]): void {
    new Gauge({
      name: 'parley_bus_connected',
      help: '1 while the bus is connected',
      registers,
      collect() {
        this.set(bus.state === 'connected' ? 1 : 0);
      },
    });
    const messages = new Counter({
      name: 'parley_bus_messages_total',
      help: 'Messages of the bus; dropped: those that were too large, or that the transport could not take',
      labelNames: ['direction'],
      registers,
      collect() {
        messages.reset();
        for (const [direction, count] of Object.entries(bus.counts)) messages.inc({ direction }, count);
      },
    });
  }
}
