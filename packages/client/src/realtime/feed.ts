import { Backoff, Waits, type BackoffOptions } from '../backoff.js';
import { callFailure, type CallFailure } from '../call-error.js';

export interface FeedObserver<Value> {
  onData(value: Value): void;
  onError(error: unknown): void;
  onComplete(): void;
  onConnectionStateChange(change: { state: 'idle' | 'connecting' | 'pending' }): void;
}

export interface FeedOptions<Value> {
  /** Subscribes from the position that the caller has reached by then. */
  open(observer: FeedObserver<Value>): { unsubscribe(): void };
  onData(value: Value): void;
  /** Called when nothing arrives for the moment. {@link FeedOptions.onData} is called again once the subscription is back. */
  onLost(): void;
  /** Called when the server refused the subscription for good. */
  onRefused(failure: CallFailure): void;
  backoff?: BackoffOptions | undefined;
}

/**
 * A subscription that is kept up: tRPC's client resumes it after a lost socket, and this class starts it again after the server ended
 * it.
 */
export class Feed<Value> {
  readonly #options: FeedOptions<Value>;
  readonly #backoff: Backoff;
  readonly #waits = new Waits();
  #subscription: { unsubscribe(): void } | null = null;
  /** Goes up with each subscription: late events of an earlier one are ignored. */
  #generation = 0;
  #closed = false;

  constructor(options: FeedOptions<Value>) {
    this.#options = options;
    this.#backoff = new Backoff(options.backoff);
  }

  /** Subscribes. A subscription that exists is replaced by a new one. */
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
    // The subscription may have been refused before `open` returned it.
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
