import { readFileSync } from 'node:fs';
import { credsAuthenticator } from '@nats-io/transport-node';
import { backoffMs } from '@parley/contracts';
import type { BusState, ErrorReporter } from './bus.js';
import { createListeners, createOutage, defaultBrokerLimitBytes, headerRoomBytes } from './message.js';
import { openConnection } from './nats-connection.js';
import type { Connection } from './nats-connection.js';
import { parseServers } from './nats-servers.js';

export interface LineSettings {
  servers: string | string[];
  credentialsFile?: string | undefined;
  name: string;
  connectTimeoutMs: number;
  reconnectWaitMs: number;
  reconnectMaxWaitMs: number;
  pingIntervalMs: number;
  maxUnreadBytes: number;
  onError: ErrorReporter;
}

/** What must be set up on a connection before the connection is announced. */
export interface Attachment {
  attach(connection: Connection): void;
  /** Changes with each thing that is put on the connection: the connection is announced once the broker has confirmed all of them. */
  readonly version: number;
}

/** The lasting line to the broker: one connection after another, with waits between, until the line is closed. */
export interface NatsLine {
  /** The present connection, also while it is not announced yet; null while there is none. */
  readonly connection: Connection | null;
  /** `connected` from when the broker has confirmed the attachment, until the connection ends. */
  readonly state: BusState;
  /** The limit of the present broker, or of the last one while there is none. */
  readonly maxPayloadBytes: number;
  onStateChange(listener: (state: BusState) => void): () => void;
  /** Resolves at the first `connected`, or after the connect limit. */
  readonly started: Promise<void>;
  /** Flushes for at most two seconds and disconnects. Idempotent. */
  close(): Promise<void>;
}

const flushLimitMs = 2000;
/** A connection that lived this long was a good one: the waits before the next connection start small again. */
const stableAfterMs = 5000;

/** Reads the file at each sign-in, so that credentials which were renewed hold from the next connection on. */
function credentialsOf(file: string) {
  return credsAuthenticator(() => readFileSync(file));
}

/** @throws TypeError if `settings.servers` is not of the form that {@link parseServers} reads */
export function openNatsLine(settings: LineSettings, attachment: Attachment): NatsLine {
  const { connectTimeoutMs, onError } = settings;
  const { label, ...server } = parseServers(settings.servers);
  const stateListeners = createListeners<BusState>((error) => onError(error, { operation: 'state' }));
  const outage = createOutage(onError, { operation: 'connect' });
  const stop = new AbortController();
  /** Servers of the cluster that the broker named; they are tried after the configured ones. */
  let told: string[] = [];
  let connection: Connection | null = null;
  let state: BusState = 'disconnected';
  let maxPayloadBytes = defaultBrokerLimitBytes - headerRoomBytes;
  let closing: Promise<void> | null = null;

  function setState(next: BusState): void {
    if (state === next) return;
    state = next;
    stateListeners.emit(next);
  }

  /** Opens a connection, attaches everything and waits until the broker has confirmed it. */
  async function begin(): Promise<Connection> {
    const fresh = await openConnection({
      // The configured servers come first, because a cluster may name addresses that only its own network reaches.
      client: {
        ...server,
        ...(settings.credentialsFile !== undefined && { authenticator: credentialsOf(settings.credentialsFile) }),
        servers: [...new Set([...shuffled(server.servers), ...shuffled(told)])],
        noRandomize: true,
        name: settings.name,
      },
      limitMs: connectTimeoutMs,
      pingIntervalMs: settings.pingIntervalMs,
      maxUnreadBytes: settings.maxUnreadBytes,
      onError,
    });
    try {
      stop.signal.throwIfAborted();
      connection = fresh;
      maxPayloadBytes = fresh.maxPayloadBytes;
      told = fresh.nc.info?.connect_urls ?? [];
      attachment.attach(fresh);
      let version: number;
      do {
        version = attachment.version;
        await fresh.confirm(connectTimeoutMs);
      } while (version !== attachment.version);
      return fresh;
    } catch (error) {
      connection = null;
      await fresh.close();
      throw error;
    }
  }

  async function run(): Promise<void> {
    let attempt = 0;
    while (!stop.signal.aborted) {
      try {
        const live = await begin();
        const since = performance.now();
        outage.worked();
        setState('connected');
        const reason = await live.ended;
        connection = null;
        if (stop.signal.aborted) return;
        outage.failed(new Error(`the connection to NATS at ${label} was lost; reconnecting`, { cause: reason }));
        setState('disconnected');
        await live.close();
        if (performance.now() - since >= stableAfterMs) attempt = 0;
      } catch (error) {
        if (stop.signal.aborted) return;
        outage.failed(new Error(`NATS at ${label} cannot be reached; trying again`, { cause: error }));
      }
      await sleep(backoffMs(attempt++, { firstMs: settings.reconnectWaitMs, maxMs: settings.reconnectMaxWaitMs }), stop.signal);
    }
  }

  async function end(): Promise<void> {
    if (connection && state === 'connected') {
      await connection.confirm(flushLimitMs).catch((error: unknown) => onError(error, { operation: 'close' }));
    }
    stop.abort();
    await connection?.close();
    setState('disconnected');
    stateListeners.clear();
    await running;
  }

  async function firstConnected(): Promise<void> {
    const wait = new AbortController();
    const remove = stateListeners.add(() => wait.abort());
    await sleep(connectTimeoutMs, AbortSignal.any([wait.signal, stop.signal]));
    remove();
  }

  const started = firstConnected();
  const running = run();

  return {
    get connection() {
      return connection;
    },
    get state() {
      return state;
    },
    get maxPayloadBytes() {
      return maxPayloadBytes;
    },
    onStateChange: (listener) => stateListeners.add(listener),
    started,
    close() {
      closing ??= end();
      return closing;
    },
  };
}

function shuffled(servers: readonly string[]): string[] {
  return servers
    .map((server) => ({ server, order: Math.random() }))
    .sort((a, b) => a.order - b.order)
    .map(({ server }) => server);
}

/** Resolves after `ms`, or when the signal aborts. */
export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
}
