/**
 * What carries events between processes. It carries, it does not keep: a message published while a subscriber is away is
 * gone for that subscriber, and whoever needs it finds it in the database. `memory-bus.ts` and `nats-bus.ts` keep every
 * promise below, and `bus.contract.ts` tests each on both.
 */
export interface Bus {
  /**
   * Hands a message to everyone subscribed to `subject` at this moment, this process included.
   *
   * - Never throws for reasons of transport, never blocks, and is never awaited: the caller's work does not depend on it.
   * - Delivery is asynchronous (never inside this call), at most once per subscription, and of a serialised copy: neither
   *   side sees the other's later changes to the object.
   * - Messages of one publisher on one subject arrive in the order they were published.
   * - While the transport is away, messages are dropped, not queued without bound.
   *
   * @param subject without the `parley.<env>.` prefix; tokens of `[A-Za-z0-9_-]` joined by dots. A bad one throws TypeError.
   * @param payload plain JSON.
   * @returns false when it is known that the message was dropped: transport away, or larger than {@link maxPayloadBytes}.
   */
  publish(subject: string, payload: unknown): boolean;

  /**
   * Calls `handler` with each message on `subject`, one at a time in arrival order; the promise resolves once the broker has
   * the subscription, so what is published afterwards through the same broker is delivered. A handler that throws (or whose promise rejects) is
   * reported to `onError` and harms nobody: neither the publisher, nor other subscribers, nor this one's later messages.
   * Subscriptions outlive reconnects. An async handler is not waited for.
   *
   * @throws AppError UNAVAILABLE if the transport stays away for longer than its connect limit; the subscription is not left behind.
   */
  subscribe(subject: string, handler: (payload: unknown) => void): Promise<BusSubscription>;

  /**
   * Asks whoever answers on `subject`. The first answer counts. Null when nobody answers within `timeoutMs`, or the transport is away.
   */
  request(subject: string, payload: unknown, options: { timeoutMs: number }): Promise<unknown>;

  /** Answers requests on `subject`. A responder that throws answers nothing. */
  respond(subject: string, responder: (payload: unknown) => unknown): Promise<BusSubscription>;

  /** The durable queue of reply jobs to look at. */
  readonly jobs: JobQueue;

  /** Bytes of serialised payload that one message may have; the broker's limit less room for headers. */
  readonly maxPayloadBytes: number;

  /** The state of the transport, now. */
  readonly state: 'connected' | 'disconnected';

  /**
   * Called at each change of {@link state}. After `connected` follows a `disconnected`, messages may have been missed:
   * readers compare heads with the database.
   *
   * @returns a function that ends the listening
   */
  onStateChange(listener: (state: 'connected' | 'disconnected') => void): () => void;

  /** Ends every subscription and the connection. What was published before is flushed, within two seconds. Idempotent. */
  close(): Promise<void>;
}

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
   * Adds a wake-up for a job. Bounded in time and never awaited by whoever serves a person; never throws or rejects.
   *
   * @returns a promise of true once the queue has it, false when that is not known within its time limit.
   */
  enqueue(jobId: string): Promise<boolean>;

  /**
   * Takes wake-ups, each delivered to one consumer among all processes. The entry is acknowledged when `handler`'s promise
   * settles, whichever way; an entry whose consumer died before that comes again after the ack wait.
   * At most `maxInFlight` handlers run at once; more are left to other consumers.
   */
  consume(handler: (jobId: string) => Promise<void>, options: { maxInFlight: number }): Promise<BusSubscription>;
}

export interface BusOptions {
  /** Second token of every subject (`parley.<env>.`), so that deployments may share a broker. */
  env: string;
  /** Told of every error that has no caller: a handler that threw, a failed enqueue, a malformed message. */
  onError: (error: unknown, context: { subject?: string; operation: string }) => void;
}
