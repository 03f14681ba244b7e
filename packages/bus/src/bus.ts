import type { FanOutChannel, RequestChannel } from '@parley/contracts';
import type { MaybeTracer } from './tracing.js';

/**
 * Carries events between processes. It does not keep them: a message published while a subscriber is away is gone for that subscriber,
 * and whoever needs it finds it in the database. `memory-bus.ts` and `nats-bus.ts` keep every promise below, and `bus.contract.ts` tests
 * each promise on both.
 *
 * A channel declares its payload (`channels.ts` of contracts), and the sender promises that the payload is as declared. Receivers get it
 * as that type without a check, unless {@link BusOptions.checkPayloads} is set. A payload of another type makes its handler throw at
 * worst, which is reported and ends nothing.
 *
 * A subject is one or more tokens of `[A-Za-z0-9_-]` joined by dots, at most 200 characters, without the `parley.<env>.` that the bus
 * puts before it. The subject `jobs` belongs to {@link JobQueue}. Any other subject is a TypeError, thrown or as a rejection.
 *
 * A payload is plain JSON, and `undefined` travels as null. What JSON cannot hold is a TypeError.
 *
 * Each message and each question carries the call that it was sent for (`call-context.ts`), and its handler runs for that call.
 */
export interface Bus {
  /**
   * Hands a message to everyone subscribed to the channel at this moment, this process included.
   *
   * - Never throws for reasons of transport, never blocks, and is never awaited: the caller's work does not depend on it.
   * - Delivery is asynchronous (never inside this call) and at most once per subscription. Each subscription gets its own serialised
   *   copy, so that nobody sees another's later changes to the object.
   * - Messages of one publisher on one channel arrive in the order they were published.
   * - Messages are dropped, not queued without bound, while the transport is away or has stopped reading. So is a payload larger than
   *   {@link maxPayloadBytes}, and a message published after the bus was closed.
   */
  publish<Payload>(channel: FanOutChannel<Payload>, payload: NoInfer<Payload>): void;

  /**
   * Calls `handler` with each message on the channel, one at a time in arrival order, without waiting for an async handler. A handler
   * that throws (or whose promise rejects) is reported to `onError`. It harms neither the publisher, nor other subscribers, nor its own
   * later messages. Subscriptions outlive reconnects.
   *
   * The promise resolves once the broker has the subscription, so messages published afterwards through the same broker are delivered.
   * While {@link state} is `disconnected` the promise resolves at once instead, and the subscription is live before the state becomes
   * `connected`: callers that catch up at every `connected` need no other case for an absent transport.
   *
   * @throws AppError UNAVAILABLE if the bus is closed, or if a connected broker refuses the subscription or does not confirm it within
   *   the connect limit; then nothing is left behind.
   */
  subscribe<Payload>(channel: FanOutChannel<Payload>, handler: (payload: Payload) => void): Promise<BusSubscription>;

  /**
   * Sends a question to whoever answers on the channel, and returns the first answer. Null when nobody answers within `timeoutMs`
   * (sooner if it is known that nobody listens), the transport is away or goes away, the bus is closed, or the question is larger than
   * {@link maxPayloadBytes}.
   */
  request<Question, Answer>(
    channel: RequestChannel<Question, Answer>,
    question: NoInfer<Question>,
    options: { timeoutMs: number },
  ): Promise<Answer | null>;

  /**
   * Answers requests on the channel with what `responder` returns or resolves to. A responder that throws or rejects, or whose answer is
   * larger than {@link maxPayloadBytes}, is reported to `onError` and answers nothing. Otherwise this promises what {@link subscribe}
   * does.
   */
  respond<Question, Answer>(
    channel: RequestChannel<Question, Answer>,
    responder: (question: Question) => NoInfer<Answer> | Promise<NoInfer<Answer>>,
  ): Promise<BusSubscription>;

  /** The durable queue of reply jobs to look at. */
  readonly jobs: JobQueue;

  /** Bytes of serialised payload that one message may have; the broker's limit less room for headers. May differ after a reconnect. */
  readonly maxPayloadBytes: number;

  /** The state of the transport, now. `disconnected` after {@link close}. */
  readonly state: BusState;

  /** How many messages went which way since the bus was made; only for metrics. */
  readonly counts: Readonly<BusCounts>;

  /**
   * Calls `listener` at each change of {@link state}. When the state becomes `connected`, every subscription is live. Messages may have
   * been missed before, so readers compare heads with the database.
   *
   * @returns a function that ends the listening
   */
  onStateChange(listener: (state: BusState) => void): () => void;

  /**
   * Ends every subscription and the connection. Messages published before are flushed, within two seconds. Idempotent: a second call
   * waits for the first. A job handler that still runs loses its acknowledgement, so end consumers and let handlers settle first.
   */
  close(): Promise<void>;
}

/** Messages and questions since the bus was made. */
export interface BusCounts {
  /** Handed to the transport. */
  published: number;
  /** Come for subscriptions and responders of this process. */
  received: number;
  /** Too large, or more than the transport could take, or published while it was away. */
  dropped: number;
}

export type BusState = 'connected' | 'disconnected';

export interface BusSubscription {
  /** No handler call starts after this returns. Idempotent. */
  unsubscribe(): void;
}

/**
 * A work queue that only tells workers to look at a job: the database decides which worker gets the job, and a sweep finds jobs that the
 * queue lost. So an entry may be lost or delivered twice without harm.
 */
export interface JobQueue {
  /**
   * Adds a wake-up for a job. Bounded in time and number, and never throws or rejects; code that serves a person never awaits it.
   *
   * @returns a promise that resolves once the queue has the entry, and also where the entry is lost: when the queue does not answer within
   *   the time limit, the transport is away, the queue refuses the entry or the bus is closed. A full queue may drop its oldest entry
   *   instead.
   */
  enqueue(wakeUp: string): Promise<void>;

  /**
   * Takes wake-ups, each delivered to one consumer among all processes. An entry is acknowledged when the promise of `handler` settles,
   * whichever way (a rejection goes to `onError`); nobody else gets the entry while the handler runs. If the consumer dies before that,
   * the entry comes again after the ack wait, a bounded number of times; in one process, queue and consumer die together. At most
   * `maxInFlight` handlers run at once; further entries are left to other consumers.
   *
   * The promise resolves once the consumer takes entries. While the transport or the queue is away it resolves all the same, and the
   * consumer starts by itself when they return. After `unsubscribe`, handlers that already run go on and their entries are acknowledged.
   *
   * @param options.maxInFlight a positive integer, else RangeError.
   * @throws AppError UNAVAILABLE if the bus is closed.
   */
  consume(handler: JobHandler, options: { maxInFlight: number }): Promise<BusSubscription>;
}

export type JobHandler = (wakeUp: string) => Promise<void>;

export interface BusOptions {
  /** Second token of every subject (`parley.<env>.`), so that deployments may share a broker. `[A-Za-z0-9_-]{1,32}`, else TypeError. */
  env: string;
  /**
   * Called with every error that has no caller: a handler that threw, a failed enqueue, a malformed message, a lost connection. A
   * failure that goes on for the same reason is reported once, until the action has worked again. Must not throw.
   */
  onError: ErrorReporter;
  /**
   * Whether the bus parses arriving payloads with their channel's schema, for tests and development. A payload that is not as declared
   * is reported to `onError` as a TypeError, and goes no further. Fields that the schema does not know are let through, because a newer
   * version may send them.
   * @default false
   */
  checkPayloads?: boolean;
  /** Records a span for each message that is sent or taken for a call. @default none */
  tracer?: MaybeTracer;
}

export type ErrorReporter = (error: unknown, context: { subject?: string; operation: string }) => void;
