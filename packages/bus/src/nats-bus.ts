import { AppError, type RequestChannel } from '@parley/contracts';
import type { Bus, BusCounts, BusOptions, BusSubscription } from './bus.js';
import { inCall } from './call-context.js';
import { headersOfCall } from './call-headers.js';
import { busSpans } from './bus-spans.js';
import { callHandler, checkEnv, checkSubject, decodePayload, encodePayload } from './message.js';
import { createNatsJobs } from './nats-jobs.js';
import type { Connection } from './nats-connection.js';
import { openNatsLine } from './nats-line.js';
import { createNatsSubscriptions } from './nats-subscriptions.js';
import type { Receive } from './nats-subscriptions.js';

export interface NatsBusOptions extends BusOptions {
  /** `nats://[user:password@]host:port` or `tls://…`, several separated by commas or as an array. The port is 4222 unless named. */
  servers: string | string[];
  /** A file with the credentials of an account, as `nsc` writes it: read anew for each connection. */
  credentialsFile?: string | undefined;
  /** Names this process in the broker's list of connections. */
  name: string;
  /** How long connecting, a subscription's confirmation or the answer to a ping may take, in milliseconds. @default 2000 */
  connectTimeoutMs?: number;
  /** The first wait before connecting again, in milliseconds; it doubles with each failure, and up to half of it is random. @default 200 */
  reconnectWaitMs?: number;
  /** The longest wait before connecting again, in milliseconds. @default 2000 */
  reconnectMaxWaitMs?: number;
  /** How often a ping makes sure that the broker is there, in milliseconds. @default 10000 */
  pingIntervalMs?: number;
  /** Bytes published and not yet read by the broker, beyond which `publish` drops. @default 33554432 */
  maxUnreadBytes?: number;
  /** How long a job whose consumer fell silent is kept from other consumers, in milliseconds. @default 30000 */
  ackWaitMs?: number;
  /** How many times a job is delivered while its consumers keep dying, before it is left to the sweep. @default 5 */
  maxDeliver?: number;
  /** How long adding to the queue may take, in milliseconds. @default 2000 */
  enqueueTimeoutMs?: number;
}

/**
 * The bus of many processes, over NATS 2.9 or later with JetStream. Without JetStream, `jobs` takes nothing and the rest works.
 *
 * Resolves when connected, or without a connection after `connectTimeoutMs`: a process can start before its broker, and `state` is
 * `disconnected` until the broker is there.
 *
 * @throws TypeError if `env` or `servers` is not of the form described
 */
export async function createNatsBus(options: NatsBusOptions): Promise<Bus> {
  const { env, onError, checkPayloads = false, tracer } = options;
  const spans = busSpans(tracer, 'nats');
  const connectTimeoutMs = options.connectTimeoutMs ?? 2000;
  checkEnv(env);
  const prefix = `parley.${env}.`;
  const counts: BusCounts = { published: 0, received: 0, dropped: 0 };
  const subscriptions = createNatsSubscriptions(counts);
  const line = openNatsLine(
    {
      servers: options.servers,
      credentialsFile: options.credentialsFile,
      name: options.name,
      connectTimeoutMs,
      reconnectWaitMs: options.reconnectWaitMs ?? 200,
      reconnectMaxWaitMs: options.reconnectMaxWaitMs ?? 2000,
      pingIntervalMs: options.pingIntervalMs ?? 10_000,
      maxUnreadBytes: options.maxUnreadBytes ?? 32 * 1024 * 1024,
      onError,
    },
    subscriptions,
  );
  const jobs = createNatsJobs(line, {
    env,
    onError,
    ackWaitMs: options.ackWaitMs ?? 30_000,
    maxDeliver: options.maxDeliver ?? 5,
    enqueueTimeoutMs: options.enqueueTimeoutMs ?? 2000,
  });
  let closed = false;
  let closing: Promise<void> | null = null;

  function write(fullSubject: string, text: string): void {
    const { connection } = line;
    const bytes = Buffer.from(text);
    if (closed || !connection || line.state !== 'connected' || !mayWrite(connection, bytes.length)) {
      counts.dropped++;
      return;
    }
    counts.published++;
    const headers = headersOfCall();
    connection.nc.publish(fullSubject, bytes, headers ? { headers } : {});
  }

  function mayWrite(connection: Connection, bytes: number): boolean {
    return bytes <= connection.maxPayloadBytes && connection.mayWrite(bytes);
  }

  async function add(subject: string, receive: Receive): Promise<BusSubscription> {
    checkSubject(subject);
    if (closed) throw new AppError('UNAVAILABLE', 'The bus is closed.');
    return subscriptions.add(line, prefix + subject, receive, connectTimeoutMs);
  }

  await line.started;

  return {
    jobs: {
      consume: (handler, limits) => jobs.consume(handler, limits),
      enqueue: (wakeUp) => spans.sent('jobs', () => jobs.enqueue(wakeUp)),
    },
    counts,

    get maxPayloadBytes() {
      return line.maxPayloadBytes;
    },

    get state() {
      return line.state;
    },

    publish({ subject }, payload) {
      checkSubject(subject);
      spans.sent(subject, () => write(prefix + subject, encodePayload(payload)));
    },

    subscribe({ subject, payload: schema }, handler) {
      const report = (error: unknown) => onError(error, { subject, operation: 'subscribe' });
      return add(subject, (text, _reply, call) =>
        callHandler(() => inCall(call, () => spans.taken(subject, () => handler(decodePayload(text, schema, checkPayloads)))), report),
      );
    },

    async request<Question, Answer>(
      { subject, answer: schema }: RequestChannel<Question, Answer>,
      question: Question,
      { timeoutMs }: { timeoutMs: number },
    ) {
      checkSubject(subject);
      const bytes = Buffer.from(encodePayload(question));
      const { connection } = line;
      if (closed || !connection || line.state !== 'connected' || !mayWrite(connection, bytes.length)) {
        counts.dropped++;
        return null;
      }
      counts.published++;
      const ask = () => {
        const headers = headersOfCall();
        return connection.nc.request(prefix + subject, bytes, { timeout: Math.max(1, timeoutMs), ...(headers && { headers }) });
      };
      let answer;
      try {
        answer = await spans.asked(subject, ask);
      } catch {
        // Nobody listens, nobody answered in time, or the connection ended: the documented result of each is null.
        return null;
      }
      try {
        return decodePayload(answer.string(), schema, checkPayloads);
      } catch (error) {
        onError(error, { subject, operation: 'request' });
        return null;
      }
    },

    respond({ subject, payload: schema }, responder) {
      const report = (error: unknown) => onError(error, { subject, operation: 'respond' });
      return add(subject, (question, reply, call) => {
        if (reply === '') return;
        callHandler(async () => {
          const text = encodePayload(
            await inCall(call, () => spans.taken(subject, () => responder(decodePayload(question, schema, checkPayloads)))),
          );
          if (Buffer.byteLength(text) > line.maxPayloadBytes) throw new RangeError(`an answer of more than ${line.maxPayloadBytes} bytes`);
          write(reply, text);
        }, report);
      });
    },

    onStateChange: (listener) => line.onStateChange(listener),

    close() {
      closed = true;
      closing ??= (async () => {
        jobs.close();
        subscriptions.clear();
        await line.close();
      })();
      return closing;
    },
  };
}
