import { Backoff, Waits, type BackoffOptions } from '../backoff.js';
import { callFailure } from '../call-error.js';

/** Tells the server how far this person has read: only the latest position, one call at a time, repeated where that can help. */
export class ReadMarker {
  readonly #send: (seq: number) => Promise<unknown>;
  readonly #backoff: Backoff;
  readonly #waits = new Waits();
  #wanted = 0;
  #told = 0;
  #telling = false;
  #closed = false;

  constructor(send: (seq: number) => Promise<unknown>, backoff?: BackoffOptions) {
    this.#send = send;
    this.#backoff = new Backoff(backoff);
  }

  mark(seq: number): void {
    this.#wanted = Math.max(this.#wanted, seq);
    void this.#tell();
  }

  close(): void {
    this.#closed = true;
    this.#waits.endAll();
  }

  async #tell(): Promise<void> {
    if (this.#telling) return;
    this.#telling = true;
    try {
      while (!this.#closed && this.#wanted > this.#told) {
        const seq = this.#wanted;
        try {
          await this.#send(seq);
          this.#told = seq;
          this.#backoff.reset();
        } catch (error) {
          const failure = callFailure(error);
          // A refused read position is not reported: the next one is tried anyway.
          if (failure.retry === 'never') return;
          await this.#waits.wait(failure.retryAfterMs ?? this.#backoff.next());
        }
      }
    } finally {
      this.#telling = false;
    }
  }
}
