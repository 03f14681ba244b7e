import { closeCodes } from '@parley/contracts';
import { collectDefaultMetrics, Counter, Gauge, Histogram, type Registry } from 'prom-client';

export interface MetricSources {
  rooms(): { rooms: number; readers: number };
  sockets(): number;
  busConnected(): boolean;
}

/** The last close code that the protocol defines (RFC 6455, section 7.4.1, and its registry at IANA). */
const lastProtocolCode = 1015;
const ourCodes = new Set<number>(Object.values(closeCodes));

/** What the API shows at `/metrics`. */
export class Metrics {
  readonly #calls: Histogram<'path' | 'type' | 'outcome'>;
  /** By path, type and outcome: to find a series by its labels costs more than to note a call. */
  readonly #seriesOfCalls = new Map<string, Histogram.Internal<'path' | 'type' | 'outcome'>>();
  readonly #socketsClosed: Counter<'code'>;

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
    this.#socketsClosed = new Counter({
      name: 'parley_sockets_closed_total',
      help: 'WebSockets closed, by code; “other” for codes that only a peer knows',
      labelNames: ['code'],
      registers,
    });
    gauge('parley_sockets', 'WebSockets open', () => sources.sockets());
    gauge('parley_rooms_open', 'Rooms with local readers', () => sources.rooms().rooms);
    gauge('parley_room_readers', 'Local subscriptions to rooms', () => sources.rooms().readers);
    gauge('parley_bus_connected', '1 while the bus is connected', () => (sources.busConnected() ? 1 : 0));

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

  /**
   * Counts a closed WebSocket. A peer may close with any of thousands of codes, and each label stays a series for good, so unknown codes
   * share one.
   */
  noteSocketClosed(code: number): void {
    this.#socketsClosed.inc({ code: code <= lastProtocolCode || ourCodes.has(code) ? code : 'other' });
  }
}
