import type { FanOutChannel, RequestChannel } from '@parley/contracts';

/**
 * What carries events between processes. It carries, it does not keep: a message published while a subscriber is away is
 * gone for that subscriber, and whoever needs it finds it in the database. `memory-bus.ts` and `nats-bus.ts` keep every
 * promise below, and `bus.contract.ts` tests each on both.
 *
 * What travels is declared by its channel (`channels.ts` of contracts). That a payload is what its channel declares is the promise of
 * whoever sends it: receivers are given it as that type, unlooked at, unless {@link BusOptions.checkPayloads} is set. One that is
 * something else makes its handler throw at worst, which is reported and ends nothing.
 *
 * A subject is one or more tokens of `[A-Za-z0-9_-]` joined by dots, at most 200 characters, without the `parley.<env>.` that
 * the bus puts before it; `jobs` alone is taken by {@link JobQueue}. Any other is a TypeError, thrown or as a rejection.
 *
 * A payload is plain JSON, and `undefined` travels as null. What JSON cannot hold is a TypeError.
 *
 * With each message and each question goes the call that it was sent for (`call-context.ts`), and handlers run for that call.
 */
export interface Bus {
  /**
   * Hands a message to everyone subscribed to the channel at this moment, this process included.
   *
   * - Never throws for reasons of transport, never blocks, and is never awaited: the caller's work does not depend on it.
   * - Delivery is asynchronous (never inside this call), at most once per subscription, and of a serialised copy, one for each
   *   subscription: nobody sees another's later changes to the object.
   * - Messages of one publisher on one channel arrive in the order they were published.
   * - While the transport is away, or has stopped reading, messages are dropped, not queued without bound. So are a payload larger
   *   than {@link maxPayloadBytes} and what is published once the bus is closed.
   */
  publish<Payload>(channel: FanOutChannel<Payload>, payload: NoInfer<Payload>): void;

  /**
   * Calls `handler` with each message on the channel, one at a time in arrival order. An async handler is not waited for. A handler
   * that throws (or whose promise rejects) is reported to `onError` and harms nobody: neither the publisher, nor other
   * subscribers, nor this one's later messages. Subscriptions outlive reconnects.
   *
   * The promise resolves once the broker has the subscription, so what is published afterwards through the same broker is
   * delivered. While {@link state} is `disconnected` it resolves at once instead, and the subscription is live before the state
   * says `connected`: callers that catch up at every `connected` need no other case for an absent transport.
   *
   * @throws AppError UNAVAILABLE if the bus is closed, or if a connected broker refuses the subscription or does not confirm it
   *   within the connect limit; then nothing is left behind.
   */
  subscribe<Payload>(channel: FanOutChannel<Payload>, handler: (payload: Payload) => void): Promise<BusSubscription>;

  /**
   * Asks whoever answers on the channel. The first answer counts. Null when nobody answers within `timeoutMs` (sooner if it is
   * known that nobody listens), the transport is away or goes away, the bus is closed, or the question is larger than {@link maxPayloadBytes}.
   */
  request<Question, Answer>(
    channel: RequestChannel<Question, Answer>,
    question: NoInfer<Question>,
    options: { timeoutMs: number },
  ): Promise<Answer | null>;

  /**
   * Answers requests on the channel with what `responder` returns or resolves to. A responder that throws or rejects is reported
   * to `onError` and answers nothing, as does one whose answer is larger than {@link maxPayloadBytes}. Otherwise as {@link subscribe}.
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

  /**
   * Called at each change of {@link state}. When it says `connected`, every subscription is live; messages may have been missed
   * before it, so readers compare heads with the database.
   *
   * @returns a function that ends the listening
   */
  onStateChange(listener: (state: BusState) => void): () => void;

  /**
   * Ends every subscription and the connection. What was published before is flushed, within two seconds. Idempotent: a second
   * call waits for the first. A job handler that still runs loses its acknowledgement, so end consumers and let handlers settle first.
   */
  close(): Promise<void>;
}

export type BusState = 'connected' | 'disconnected';

export interface BusSubscription {
  /** No handler call starts after this returns. Idempotent. */
  unsubscribe(): void;
}

/**
 * A work queue that only tells workers to look at a job: the database decides who gets it, and a sweep finds what the queue
 * lost. So an entry may be lost, or delivered twice, and neither does harm.
 */
export interface JobQueue {
  /**
   * Adds a wake-up for a job. Bounded in time and number, never awaited by whoever serves a person; never throws or rejects.
   *
   * @returns a promise of true once the queue has it, false when that is not known within its time limit, the transport is
   *   away, the queue is full or the bus is closed.
   */
  enqueue(jobId: string): Promise<boolean>;

  /**
   * Takes wake-ups, each delivered to one consumer among all processes. The entry is acknowledged when `handler`'s promise
   * settles, whichever way (a rejection goes to `onError`); it is nobody else's while the handler runs. An entry whose consumer
   * died before that comes again after the ack wait, a bounded number of times; in one process, queue and consumer die together.
   * At most `maxInFlight` handlers run at once; more are left to other consumers.
   *
   * The promise resolves once entries are being taken. While the transport or the queue is away it resolves all the same, and
   * taking starts by itself when they return. After `unsubscribe`, handlers that already run go on and their entries are acknowledged.
   *
   * @param options.maxInFlight a positive integer, else RangeError.
   * @throws AppError UNAVAILABLE if the bus is closed.
   */
  consume(handler: JobHandler, options: { maxInFlight: number }): Promise<BusSubscription>;
}

export type JobHandler = (jobId: string) => Promise<void>;

export interface BusOptions {
  /** Second token of every subject (`parley.<env>.`), so that deployments may share a broker. `[A-Za-z0-9_-]+`, else TypeError. */
  env: string;
  /**
   * Told of every error that has no caller: a handler that threw, a failed enqueue, a malformed message, a lost connection. What
   * goes on failing for the same reason is told once, until it has worked again. Must not throw.
   */
  onError: ErrorReporter;
  /**
   * Whether what arrives is parsed by its channel's schema, for tests and development. What is not as declared is a TypeError told to
   * `onError`, and goes no further; fields that the schema does not know are let through, since a newer version may send them.
   * @default false
   */
  checkPayloads?: boolean;
}

export type ErrorReporter = (error: unknown, context: { subject?: string; operation: string }) => void;
