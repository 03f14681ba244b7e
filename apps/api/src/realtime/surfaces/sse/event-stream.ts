import type { ServerResponse } from 'node:http';
import { AppError } from '@parley/contracts';
import type { FastifyReply } from 'fastify';
import { problemOf } from '../../../http-errors.js';
import type { FrameSink, SinkLimits } from '../../sockets/frame-sink.js';

/** How long an `EventSource` waits before it connects again, in milliseconds. */
const retryMs = 1_000;

export interface EventStreamOptions {
  limits: SinkLimits;
  /** How often something shows that the connection is alive, in milliseconds. */
  heartbeatMs: number;
  /** What shows it. @default a comment */
  heartbeat?: () => Buffer;
  /** How an error is written that ends the stream. @default a problem, as an event of that name */
  problem?: (error: AppError) => Buffer;
}

const comment = Buffer.from(':\n\n');

function problemBlock(error: AppError): Buffer {
  return Buffer.from(`event: problem\ndata: ${JSON.stringify(problemOf(error))}\n\n`);
}

/** An answer that goes on: blocks of server-sent events, and a comment now and then. */
export class EventStream implements FrameSink {
  readonly limits: SinkLimits;
  /** Aborts when the peer has gone, or was cut off. */
  readonly gone: AbortSignal;
  readonly #response: ServerResponse;
  readonly #reply: FastifyReply;
  readonly #options: EventStreamOptions;
  #onDrained: (() => void)[] = [];
  #heartbeat: NodeJS.Timeout | null = null;

  constructor(reply: FastifyReply, options: EventStreamOptions) {
    this.limits = options.limits;
    this.#options = options;
    this.#reply = reply;
    this.#response = reply.raw;
    const gone = new AbortController();
    this.gone = gone.signal;
    this.#response.once('close', () => {
      if (this.#heartbeat) clearInterval(this.#heartbeat);
      gone.abort();
    });
    this.#response.on('drain', () => this.#drained());
  }

  get unsentBytes(): number {
    return this.#response.writableLength;
  }

  /**
   * Sends the head. From here on the status cannot change.
   *
   * @param reconnectMs how long an `EventSource` waits before it connects again; null for a stream that none reads
   */
  begin(reconnectMs: number | null = retryMs): void {
    this.#reply.hijack();
    // The stream is the last that its connection carries, so it ends where the connection does. Chunks would mark its end too, and each event
    // would be four pieces of writing instead of one.
    this.#response.useChunkedEncodingByDefault = false;
    this.#response.shouldKeepAlive = false;
    const headers = {
      ...this.#reply.getHeaders(),
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store, no-transform',
      // nginx passes each event on at once.
      'x-accel-buffering': 'no',
    };
    this.#response.writeHead(200, headers as Record<string, string>);
    if (reconnectMs !== null) this.#response.write(`retry: ${reconnectMs}\n\n`);
    else this.#response.flushHeaders();
    const { heartbeat = () => comment, heartbeatMs } = this.#options;
    this.#heartbeat = setInterval(() => this.writeFrames(heartbeat()), heartbeatMs);
  }

  /** True once the head is sent. */
  get hasBegun(): boolean {
    return this.#heartbeat !== null;
  }

  writeFrames(bytes: Buffer): void {
    if (bytes.length > 0 && !this.#response.writableEnded && !this.#response.destroyed) this.#response.write(bytes);
  }

  onceDrained(listener: () => void): void {
    this.#onDrained.push(listener);
  }

  /** Resolves when the peer may be sent more, or has gone. */
  async room(): Promise<void> {
    if (this.unsentBytes <= this.limits.lossyUnsentBytes || this.gone.aborted) return;
    await new Promise<void>((resolve) => {
      this.onceDrained(resolve);
      this.gone.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  closeSlow(): void {
    this.#response.destroy();
  }

  /** Ends the stream; with the reason, for a reader that is not just to connect again. */
  end(error?: unknown): void {
    if (this.#response.destroyed || this.#response.writableEnded) return;
    if (error === undefined) this.#response.end();
    else {
      const { problem = problemBlock } = this.#options;
      this.#response.end(problem(AppError.is(error) ? error : new AppError('INTERNAL')));
    }
  }

  #drained(): void {
    const waiting = this.#onDrained;
    this.#onDrained = [];
    for (const listener of waiting) listener();
  }
}
