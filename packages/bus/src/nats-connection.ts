import { connect } from '@nats-io/transport-node';
import type { NatsConnection, NodeConnectionOptions } from '@nats-io/transport-node';
import type { ErrorReporter } from './bus.js';
import { defaultBrokerLimitBytes, headerRoomBytes } from './message.js';
import { createOutboundGuard } from './nats-outbound.js';

/**
 * One connection to the broker, from connect to end. After its end, a new `Connection` takes its place.
 *
 * The client's own reconnecting is not used, for three reasons. Messages published meanwhile gather in the client's buffer; a connection
 * that never came about cannot be closed; and a broker that stopped reading can hang the client for good, because it waits to flush a
 * socket that nobody reads before it drops it (transport-node 3.4, `NodeTransport._closed`).
 */
export interface Connection {
  readonly nc: NatsConnection;
  readonly maxPayloadBytes: number;
  /** True when so many more bytes may be written now; they then count as unread until the broker has read them. */
  mayWrite(bytes: number): boolean;
  /** Resolves once the broker has processed everything written before. Rejects after `limitMs`, or when the connection ends. */
  confirm(limitMs: number): Promise<void>;
  /** Resolves with the reason when the connection is of no more use: it was closed, or a ping was not answered. */
  readonly ended: Promise<unknown>;
  /** Ends the connection at once. Bytes that were written but not flushed may be lost. Idempotent. */
  close(): Promise<void>;
}

export interface ConnectionSettings {
  client: NodeConnectionOptions;
  /** How long connecting, and the answer to a ping, may take, in milliseconds. */
  limitMs: number;
  /** How often a ping is sent, in milliseconds: it finds a broker that went away without a word. */
  pingIntervalMs: number;
  /** Bytes that may be written before the broker has read them. */
  maxUnreadBytes: number;
  onError: ErrorReporter;
}

/** @throws the client's reason when there is no connection within the limit */
export async function openConnection(settings: ConnectionSettings): Promise<Connection> {
  const { limitMs, onError } = settings;
  const nc = await connect({
    ...settings.client,
    timeout: limitMs,
    reconnect: false,
    // Turn off the client's heartbeat: it would hang, as described above. This file has its own heartbeat.
    pingInterval: 0x7fffffff,
    noAsyncTraces: true,
  });
  const guard = createOutboundGuard(() => nc.flush(), settings.maxUnreadBytes);
  // One listener on `closed()` serves everyone who waits: that promise stays pending for weeks, and more listeners would pile up on it.
  const waiting = new Set<(reason: unknown) => void>();
  let heartbeat: NodeJS.Timeout | undefined;
  let over = false;
  let resolveEnded!: (reason: unknown) => void;
  const ended = new Promise<unknown>((resolve) => (resolveEnded = resolve));

  function end(reason: unknown): void {
    if (over) return;
    over = true;
    clearTimeout(heartbeat);
    for (const fail of waiting) fail(reason);
    resolveEnded(reason);
  }

  function confirm(confirmLimitMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      if (over) return reject(new Error('the connection has ended'));
      const fail = (reason: unknown) => {
        settled();
        reject(reason);
      };
      const settled = () => {
        clearTimeout(timer);
        waiting.delete(fail);
      };
      const timer = setTimeout(() => fail(new Error(`NATS did not answer within ${confirmLimitMs} ms`)), confirmLimitMs);
      waiting.add(fail);
      nc.flush().then(() => {
        settled();
        resolve();
      }, fail);
    });
  }

  function beat(): void {
    heartbeat = setTimeout(() => confirm(limitMs).then(beat, end), settings.pingIntervalMs);
  }

  /** Reports refused subscriptions and publishes, each message once. */
  async function watchErrors(): Promise<void> {
    const told = new Set<string>();
    for await (const status of nc.status()) {
      if (status.type !== 'error' || told.has(status.error.message)) continue;
      told.add(status.error.message);
      onError(status.error, { operation: 'connection' });
    }
  }

  void nc.closed().then((error) => end(error ?? new Error('the connection was closed')));
  void watchErrors();
  beat();

  return {
    nc,
    maxPayloadBytes: Math.max(0, (nc.info?.max_payload ?? defaultBrokerLimitBytes) - headerRoomBytes),
    mayWrite: (bytes) => !over && !nc.isClosed() && guard.take(bytes),
    confirm,
    ended,
    close() {
      end(new Error('the connection was closed'));
      return nc.close();
    },
  };
}
