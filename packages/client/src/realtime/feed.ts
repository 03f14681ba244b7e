import { Backoff, Waits, type BackoffOptions } from '../backoff.js';
import { callFailure, type CallFailure } from '../call-error.js';

export interface FeedObserver<Value> {
  onData(value: Value): void;
  onError(error: unknown): void;
  onComplete(): void;
  onConnectionStateChange(change: { state: 'idle' | 'connecting' | 'pending' }): void;
}

export interface FeedOptions<Value> {
  /** Subscribes from where the caller is by then. */
  open(observer: FeedObserver<Value>): { unsubscribe(): void };
  onData(value: Value): void;
  /** Nothing arrives for now; it will be {@link FeedOptions.onData} again once the subscription is back. */
  onLost(): void;
  /** The subscription was refused for good. */
  onRefused(failure: CallFailure): void;
  backoff?: BackoffOptions | undefined;
}

/** A subscription that stays: tRPC's client resumes it when the socket was lost, this when the server ended it. */
export class Feed<Value> {
  readonly #options: FeedOptions<Value>;
  readonly #backoff: Backoff;
  readonly #waits = new Waits();
  #subscription: { unsubscribe(): void } | null = null;
  /** Counts subscriptions: what an earlier one still says is not heard. */
  #generation = 0;
  #closed = false;

  constructor(options: FeedOptions<Value>) {
    this.#options = options;
    this.#backoff = new Backoff(options.backoff);
  }

  /** Subscribes, anew if it is already. */
  start(): void {
    if (this.#closed) return;
    this.stop();
    const generation = this.#generation;
    const isCurrent = () => generation === this.#generation;
    const subscription = this.#options.open({
      onData: (value) => {
        if (!isCurrent()) return;
        this.#backoff.reset();
        this.#options.onData(value);
      },
      onError: (error) => {
        if (isCurrent()) this.#ended(callFailure(error));
      },
      onComplete: () => {
        if (isCurrent()) this.#ended(null);
      },
      onConnectionStateChange: ({ state }) => {
        if (isCurrent() && state !== 'pending') this.#options.onLost();
      },
    });
    // It may have been refused before it was returned.
    if (isCurrent()) this.#subscription = subscription;
    else subscription.unsubscribe();
  }

  stop(): void {
    this.#generation++;
    this.#subscription?.unsubscribe();
    this.#subscription = null;
    this.#waits.endAll();
  }

  close(): void {
    this.#closed = true;
    this.stop();
  }

  #ended(failure: CallFailure | null): void {
    this.#generation++;
    this.#subscription = null;
    if (failure?.retry === 'never') return this.#options.onRefused(failure);
    this.#options.onLost();
    const generation = this.#generation;
    void this.#waits.wait(failure?.retryAfterMs ?? this.#backoff.next()).then(() => {
      if (generation === this.#generation) this.start();
    });
  }
}
