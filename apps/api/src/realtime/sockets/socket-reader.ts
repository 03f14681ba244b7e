import type { AppError } from '@parley/contracts';
import type { EventBatch, EventFormat } from '../room/event-batch.js';
import type { OutEvent } from '../room/out-event.js';
import type { SubscribedReader } from '../room/reader.js';
import type { FrameSink } from './frame-sink.js';

/**
 * A subscription over a WebSocket, or an answer by HTTP that goes on. Its surface sends `hello`; what follows goes from the hub straight to
 * the socket, in the surface's format. Batches wait until `hello` was sent.
 */
export class SocketReader implements SubscribedReader {
  readonly userId: string;
  readonly sessionId: string;
  readonly connectionId: string;
  /** Settles when the subscription is over: rejects with the error the reader is to be told. */
  readonly ended: Promise<void>;
  onWritable: (() => void) | null = null;

  readonly #sink: FrameSink;
  readonly #format: EventFormat;
  #readerKey: string | null = null;
  #held: EventBatch[] | null = [];
  #behind = false;
  #over = false;
  #resolve!: () => void;
  #reject!: (error: AppError) => void;

  constructor(sink: FrameSink, format: EventFormat, actor: { userId: string; sessionId: string }, connectionId: string) {
    this.#sink = sink;
    this.#format = format;
    this.userId = actor.userId;
    this.sessionId = actor.sessionId;
    this.connectionId = connectionId;
    this.ended = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // `events` awaits this promise. A reader that never got `hello` is not awaited, so mark the rejection as handled.
    this.ended.catch(() => {});
  }

  /**
   * Call this while `hello` is being written. The bytes of `hello` are handed to the socket in this same turn, and the waiting batches
   * are sent a microtask later, so never before `hello`.
   *
   * @param readerKey this reader's key, as the format needs it
   */
  start(readerKey: string): void {
    this.#readerKey = readerKey;
    queueMicrotask(() => {
      const held = this.#held;
      this.#held = null;
      for (const batch of held ?? []) this.deliver(batch);
    });
  }

  deliver(batch: EventBatch): number {
    if (this.#over) return 0;
    if (this.#held) {
      if (this.#held.length >= this.#sink.limits.maxHeldBatches) return this.#tooSlow();
      this.#held.push(batch);
      return batch.events.length;
    }
    const unsent = this.#sink.unsentBytes;
    if (unsent > this.#sink.limits.maxUnsentBytes) {
      return this.#tooSlow();
    }
    const full = unsent > this.#sink.limits.lossyUnsentBytes;
    const withoutLossy = batch.hasLossy && (this.#behind || full);
    if (withoutLossy && !this.#behind) {
      this.#behind = true;
      this.#recoverOnceDrained();
    }
    if (!withoutLossy || batch.hasLasting) this.#sink.writeFrames(batch.bytes(this.#format, this.#readerKey!, withoutLossy));
    // A stream that never reached its high-water mark emits no `drain`, so ask for recovery here.
    if (this.#behind && !full) this.onWritable?.();
    return withoutLossy ? batch.lasting : batch.events.length;
  }

  #recoverOnceDrained(): void {
    this.#sink.onceDrained(() => {
      this.onWritable?.();
      // Another reader of this socket may have filled the stream again.
      if (this.#behind && !this.#over) this.#recoverOnceDrained();
    });
  }

  takeRecovered(): boolean {
    if (!this.#behind || this.#over || this.#sink.unsentBytes > this.#sink.limits.lossyUnsentBytes) return false;
    this.#behind = false;
    return true;
  }

  /**
   * Yields nothing, because `deliver` writes all events. Returns when the subscription is over, or throws the error that the reader must
   * be told.
   */
  // oxlint-disable-next-line require-yield
  async *events(): AsyncGenerator<OutEvent, void, undefined> {
    await this.ended;
  }

  end(error: AppError | null): void {
    if (this.#over) return;
    this.#over = true;
    this.#held = this.#held && [];
    if (error) this.#reject(error);
    else this.#resolve();
  }

  #tooSlow(): 0 {
    this.#sink.closeSlow();
    this.end(null);
    return 0;
  }
}
