import { connect } from '@nats-io/transport-node';
import type { NatsConnection, NodeConnectionOptions } from '@nats-io/transport-node';
import type { ErrorReporter } from './bus.js';
import { defaultBrokerLimitBytes, headerRoomBytes } from './message.js';
import { createOutboundGuard } from './nats-outbound.js';

/**
 * One connection to the broker, from connect to end; what comes after it is another one.
 *
 * The client's own reconnecting is not used. With it, what is published meanwhile gathers in the client's buffer, a connection
 * that never came about cannot be closed, and a broker that stopped reading can hang it for good: it waits to flush a socket
 * that nobody reads before it drops it (transport-node 3.4, `NodeTransport._closed`).
 */
export interface Connection {
  readonly nc: NatsConnection;
  readonly maxPayloadBytes: number;
  /** True when so many bytes may be written now; they then count until the broker has read them. */
  mayWrite(bytes: number): boolean;
  /** Resolves once the broker has processed everything written before. Rejects after `limitMs`, or when the connection ends. */
  confirm(limitMs: number): Promise<void>;
  /** Resolves with the reason when the connection is of no more use: it was closed, or a ping was not answered. */
  readonly ended: Promise<unknown>;
  /** Ends it at once. What was written and not flushed may be lost. Idempotent. */
  close(): Promise<void>;
}

export interface ConnectionSettings {
  client: NodeConnectionOptions;
  /** How long connecting, and the answer to a ping, may take. */
  limitMs: number;
  /** How often a ping is sent, to find out that the broker is gone without a word. */
  pingIntervalMs: number;
  /** Bytes that may be written and not yet read by the broker. */
  maxUnreadBytes: number;
  onError: ErrorReporter;
}

/** @throws what the client gives as the reason when there is no connection within the limit */
export async function openConnection(settings: ConnectionSettings): Promise<Connection> {
  const { limitMs, onError } = settings;
  const nc = await connect({
    ...settings.client,
    timeout: limitMs,
    reconnect: false,
    // The client's heartbeat would hang as said above; this file has its own.
    pingInterval: 0x7fffffff,
    noAsyncTraces: true,
  });
  const guard = createOutboundGuard(() => nc.flush(), settings.maxUnreadBytes);
  // One listener on `closed()` however many wait: reactions on a promise that stays pending for weeks would gather.
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

  /** Refused subscriptions and publishes, each told once. */
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
