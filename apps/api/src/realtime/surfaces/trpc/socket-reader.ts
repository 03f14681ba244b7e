import type { AppError } from '@parley/contracts';
import type { EventBatch } from '../../room/out-event.js';
import type { RoomReader } from '../../room/reader.js';
import type { SocketConnection } from '../../sockets/socket-connection.js';

/**
 * A subscription over a WebSocket. Events go from the hub straight to the socket, past tRPC's per-event iterator; only `hello`
 * takes the ordinary way, and shows the request id that the later frames need (see socket-encoder.ts). Until then batches wait.
 */
export class SocketReader implements RoomReader {
  readonly userId: string;
  readonly sessionId: string;
  readonly connectionId: string;
  /** Settles when the subscription is over: rejects with the error the reader is to be told. */
  readonly ended: Promise<void>;
  /** Called when a reader that lost deltas can take more. Set by whoever attached the reader. */
  onWritable: (() => void) | null = null;

  readonly #connection: SocketConnection;
  #requestId: string | null = null;
  #held: EventBatch[] | null = [];
  #behind = false;
  #over = false;
  #resolve!: () => void;
  #reject!: (error: AppError) => void;

  constructor(connection: SocketConnection, actor: { userId: string; sessionId: string }, connectionId: string) {
    this.#connection = connection;
    this.userId = actor.userId;
    this.sessionId = actor.sessionId;
    this.connectionId = connectionId;
    this.ended = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // Whoever awaits it sees the rejection; a reader whose `hello` was never sent has nobody who does.
    this.ended.catch(() => {});
  }

  /**
   * `hello` is being encoded under this request id. Its bytes are handed to the socket right after, in this same turn, so what
   * waits is flushed a microtask later: never before `hello`.
   */
  start(requestId: string): void {
    this.#requestId = requestId;
    queueMicrotask(() => {
      const held = this.#held;
      this.#held = null;
      for (const batch of held ?? []) this.deliver(batch);
    });
  }

  deliver(batch: EventBatch): void {
    if (this.#over) return;
    if (this.#held) {
      if (this.#held.length >= this.#connection.limits.maxHeldBatches) this.#tooSlow();
      else this.#held.push(batch);
      return;
    }
    const unsent = this.#connection.unsentBytes;
    if (unsent > this.#connection.limits.maxUnsentBytes) {
      this.#tooSlow();
      return;
    }
    const full = unsent > this.#connection.limits.lossyUnsentBytes;
    const withoutLossy = batch.hasLossy && (this.#behind || full);
    if (withoutLossy && !this.#behind) {
      this.#behind = true;
      this.#recoverOnceDrained();
    }
    if (!withoutLossy || batch.hasLasting) this.#connection.writeFrames(batch.frames(this.#requestId!, withoutLossy));
    // A stream that never grew to its high-water mark tells nobody that it drained.
    if (this.#behind && !full) this.onWritable?.();
  }

  #recoverOnceDrained(): void {
    this.#connection.onceDrained(() => {
      this.onWritable?.();
      // Another reader of this socket may have filled it again.
      if (this.#behind && !this.#over) this.#recoverOnceDrained();
    });
  }

  takeRecovered(): boolean {
    if (!this.#behind || this.#over || this.#connection.unsentBytes > this.#connection.limits.lossyUnsentBytes) return false;
    this.#behind = false;
    return true;
  }

  end(error: AppError | null): void {
    if (this.#over) return;
    this.#over = true;
    this.#held = this.#held && [];
    if (error) this.#reject(error);
    else this.#resolve();
  }

  #tooSlow(): void {
    this.#connection.closeSlow();
    this.end(null);
  }
}
