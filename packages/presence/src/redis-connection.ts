import { AppError, backoffMs } from '@parley/contracts';
import { Redis, type ChainableCommander } from 'ioredis';
import { readRedisAddress } from './redis-address.js';
import { createFailureReport } from './redis-failures.js';

/** Every call ends within this time, connecting included, so that callers can promise "within a second". */
const deadlineMs = 900;
/** A socket that is silent for so long while an answer is due is dropped, so that later calls need not wait for a frozen server. */
const silenceMs = 1_500;
const maxRetryMs = 2_000;

export interface RedisConnectionOptions {
  /** `redis://` or `rediss://`, with user, password and database number if needed; or sentinels, see {@link readRedisAddress}. */
  url: string;
  /** Keeps deployments that share a server apart: every key starts with `parley:<env>:`. */
  env: string;
  /**
   * Called when Redis is lost or refuses a command. The same failure is reported once per loss, not once per retry or call. While
   * connected, a refused command (out of memory, no permission) is reported at most once a minute.
   */
  onError: (error: Error) => void;
  /**
   * How long the process starts, in milliseconds. On a busy machine it may not come to read for seconds what Redis has answered, so
   * silence is not reported in this time; whoever is silent for longer is reported by the next try. @default 0
   */
  startMs?: number;
  /** Called when a lost Redis answers again. */
  onRestored?: () => void;
}

/** One connection for everything in this process that uses Redis. All adapters that get it share it. */
export interface RedisConnection {
  /** The prefix `parley:<env>:` of every key. */
  readonly keyPrefix: string;
  /**
   * Sends commands, at once if connected. Right after start it waits for the first attempt to connect. Later, while Redis is away, the
   * call fails immediately. Nothing is queued and nothing is sent twice.
   *
   * @throws AppError UNAVAILABLE within a second, with the reason as its `cause`. Redis may have carried out the command all the same.
   */
  run<T>(command: (client: Redis) => Promise<T>): Promise<T>;
  /** Resolves when Redis answers. @throws AppError UNAVAILABLE within a second. */
  ping(): Promise<void>;
  /**
   * Notes that one more adapter uses the connection. The returned function gives the connection back; the last adapter that does so
   * closes it.
   */
  share(): () => void;
  /** Disconnects, whoever else uses the connection. Idempotent. */
  close(): void;
}

/** Starts connecting and returns at once. While Redis is away, connecting is tried again for ever, with growing, jittered pauses. */
export function connectRedis(options: RedisConnectionOptions): RedisConnection {
  const { url, env, onError, onRestored, startMs = 0 } = options;
  const address = readRedisAddress(url);
  const shared = {
    lazyConnect: true,
    connectionName: 'parley',
    enableOfflineQueue: false,
    // Do not resend commands that were under way when the connection broke, let them fail: counting twice is worse than not counting.
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    connectTimeout: 5_000,
    socketTimeout: silenceMs,
    maxLoadingRetryTime: maxRetryMs,
    retryStrategy: (attempt: number) => backoffMs(attempt, { firstMs: 50, maxMs: maxRetryMs }),
    // After a failover the old primary answers READONLY for ever; a new connection finds the new one.
    reconnectOnError: (error: Error) => error.message.startsWith('READONLY'),
    // A sentinel that is away is asked again as Redis itself is.
    sentinelRetryStrategy: (attempt: number) => backoffMs(attempt, { firstMs: 50, maxMs: maxRetryMs }),
  };
  const client = typeof address === 'string' ? new Redis(address, shared) : new Redis({ ...address, ...shared });
  const failures = createFailureReport({ where: addressOf(client), onError, startMs });
  let closed = false;
  let users = 0;
  /** Needed beside the client's status, which stays `ready` for a moment after the socket broke. */
  let up = false;
  const connected = () => up && client.status === 'ready';

  client.on('error', (error: Error) => {
    up = false;
    failures.lost(error);
  });
  client.on('close', () => {
    up = false;
    if (!closed) failures.lost(new Error('the connection was closed'));
  });
  client.on('ready', () => {
    up = true;
    if (failures.found()) onRestored?.();
  });
  /** Settles with the first attempt, whether it worked or not; the handlers of `error` and `close` above report a failure. */
  const firstAttempt = client.connect().catch(() => {});

  const unavailable = (cause: unknown) => new AppError('UNAVAILABLE', undefined, { cause });

  function run<T>(command: (client: Redis) => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      let ended = false;
      const giveUp = (): void => {
        if (ended) return;
        const error = new Error(`Redis did not answer within ${deadlineMs} ms`);
        if (connected()) failures.refused(error);
        reject(unavailable(error));
      };
      // Node reads sockets before it calls `setImmediate`, so an answer that came while this process was busy still counts.
      const timer = setTimeout(() => setImmediate(giveUp), deadlineMs);
      const end = (): void => {
        ended = true;
        clearTimeout(timer);
      };
      send(command).then(
        (answer) => {
          end();
          resolve(answer);
        },
        (error: AppError) => {
          end();
          reject(error);
        },
      );
    });
  }

  async function send<T>(command: (client: Redis) => Promise<T>): Promise<T> {
    if (!connected() && !closed) await firstAttempt;
    if (!connected() || closed) throw unavailable(new Error(closed ? 'the connection is closed' : 'Redis is away'));
    try {
      return await command(client);
    } catch (error) {
      // A connection that broke has already been reported as such.
      if (connected()) failures.refused(error);
      throw unavailable(error);
    }
  }

  function close(): void {
    closed = true;
    client.disconnect();
  }

  const connection: RedisConnection = {
    keyPrefix: `parley:${env}:`,
    run,
    ping: () => run(async (redis) => void (await redis.ping())),
    share() {
      users += 1;
      let returned = false;
      return () => {
        if (returned) return;
        returned = true;
        users -= 1;
        if (users === 0) close();
      };
    },
    close,
  };
  return connection;
}

/** Sends a pipeline in one round trip. @throws the first error among its replies */
export async function execute(pipeline: ChainableCommander): Promise<unknown[]> {
  const replies = (await pipeline.exec()) ?? [];
  return replies.map(([error, value]) => {
    if (error) throw error;
    return value;
  });
}

/** Where the server is, without the password that the URL may hold. */
function addressOf({ options }: Redis): string {
  if (options.sentinels?.length) return `${options.name} of ${options.sentinels.map(({ host, port }) => `${host}:${port}`).join(', ')}`;
  return options.path ?? `${options.host ?? 'localhost'}:${options.port ?? 6379}`;
}
