import { appErrors, closeCodes, type AppErrorCode } from '@parley/contracts';
import { collectDefaultMetrics, Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { HubWatch } from '../realtime/room/hub-watch.js';

export interface MetricSources {
  rooms(): { rooms: number; readers: number };
  sockets(): number;
  /** Answers of which later pieces wait for a missing one. */
  textBuffers(): number;
  /** Calls under way, those that wait for their turn too. */
  calls(): number;
}

/** Where something waits that has a bound; beyond it the next is refused or left out. */
const boundNames = ['text_buffers', 'text_buffer_age', 'calls', 'calls_of_caller'] as const;
export type BoundName = (typeof boundNames)[number];

/** The last close code that the protocol defines (RFC 6455, section 7.4.1, and its registry at IANA). */
const lastProtocolCode = 1015;
const ourCodes = new Set<number>(Object.values(closeCodes));

/** What the API shows at `/metrics` of its calls, sockets and rooms. */
export class Metrics implements HubWatch {
  readonly #calls: Histogram<'path' | 'type' | 'outcome'>;
  /** By path, type and outcome: to find a series by its labels costs more than to note a call. */
  readonly #seriesOfCalls = new Map<string, Histogram.Internal<'path' | 'type' | 'outcome'>>();
  readonly #errors: Counter<'code'>;
  readonly #socketsOpened: Counter;
  readonly #socketsClosed: Counter<'code'>;
  readonly #fanOut: Histogram;
  readonly #bounds: Counter<'bound'>;
  /** Counted up as plain numbers, because many batches pass in a second; the counters take them when they are asked. */
  readonly #delivered = { durable: 0, ephemeral: 0, leftOut: 0 };

  constructor(registry: Registry, sources: MetricSources) {
    const registers = [registry];
    collectDefaultMetrics({ register: registry });
    this.#calls = new Histogram({
      name: 'parley_call_seconds',
      help: 'Time of each call, of files too; of a subscription or an export, until it was set up',
      labelNames: ['path', 'type', 'outcome'],
      buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10],
      registers,
    });
    this.#errors = new Counter({ name: 'parley_errors_total', help: 'Calls that failed, by code', labelNames: ['code'], registers });
    this.#socketsOpened = new Counter({ name: 'parley_sockets_opened_total', help: 'WebSockets opened', registers });
    this.#socketsClosed = new Counter({
      name: 'parley_sockets_closed_total',
      help: 'WebSockets closed, by code; “other” for codes that only a peer knows',
      labelNames: ['code'],
      registers,
    });
    this.#fanOut = new Histogram({
      name: 'parley_fan_out_seconds',
      help: 'From a room’s event on the bus, the oldest of its batch, until its bytes were handed to all readers here',
      buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
      registers,
    });
    this.#bounds = new Counter({
      name: 'parley_bound_hits_total',
      help: 'How often something was refused or left out because its bound was reached',
      labelNames: ['bound'],
      registers,
    });
    for (const bound of boundNames) this.#bounds.inc({ bound }, 0);
    gauge('parley_sockets', 'WebSockets open', () => sources.sockets());
    gauge('parley_rooms_open', 'Rooms with local readers', () => sources.rooms().rooms);
    gauge('parley_room_readers', 'Local subscriptions to rooms', () => sources.rooms().readers);
    gauge('parley_text_buffers', 'Answers of which later pieces wait for a missing one', () => sources.textBuffers());
    gauge('parley_calls_under_way', 'Calls under way, those that wait for their turn too', () => sources.calls());

    const delivered = this.#delivered;
    new Counter({
      name: 'parley_events_delivered_total',
      help: 'Events of rooms handed to readers: durable ones, and those that nobody keeps',
      labelNames: ['kind'],
      registers,
      collect() {
        this.reset();
        this.inc({ kind: 'durable' }, delivered.durable);
        this.inc({ kind: 'ephemeral' }, delivered.ephemeral);
      },
    });
    new Counter({
      name: 'parley_events_left_out_total',
      help: 'Events that a later one makes up for, left out for readers that were behind',
      registers,
      collect() {
        this.reset();
        this.inc(delivered.leftOut);
      },
    });

    function gauge(name: string, help: string, read: () => number): void {
      new Gauge({
        name,
        help,
        registers,
        collect() {
          this.set(read());
        },
      });
    }
  }

  /** Notes a call that ended. */
  noteCall({ path, type }: { path: string; type: string }, outcome: 'ok' | 'error', seconds: number): void {
    const key = `${path} ${type} ${outcome}`;
    let series = this.#seriesOfCalls.get(key);
    if (!series) {
      series = this.#calls.labels({ path, type, outcome });
      this.#seriesOfCalls.set(key, series);
    }
    series.observe(seconds);
  }

  /** Counts the error that ended a call. */
  noteError(code: AppErrorCode): void {
    this.#errors.inc({ code: code in appErrors ? code : 'INTERNAL' });
  }

  noteSocketOpened(): void {
    this.#socketsOpened.inc();
  }

  /**
   * Counts a closed WebSocket. A peer may close with any of thousands of codes, and each label stays a series for good, so unknown codes
   * share one.
   */
  noteSocketClosed(code: number): void {
    this.#socketsClosed.inc({ code: code <= lastProtocolCode || ourCodes.has(code) ? code : 'other' });
  }

  /** Counts what a bound refused. */
  noteBound(bound: BoundName): void {
    this.#bounds.inc({ bound });
  }

  delivered(durable: number, ephemeral: number, leftOut: number): void {
    this.#delivered.durable += durable;
    this.#delivered.ephemeral += ephemeral;
    this.#delivered.leftOut += leftOut;
  }

  arrived(): () => void {
    const at = performance.now();
    return () => this.#fanOut.observe((performance.now() - at) / 1000);
  }
}
