import { isInProgress, type EphemeralEvent, type MessageView } from '@parley/contracts';
import type { RoomQueue } from '@parley/core/sync/load-queue';

export interface QueueFeedOptions {
  /** How long changes are collected before the queue is read, in milliseconds. @default 100 */
  coalesceMs?: number;
}

type QueueEvent = EphemeralEvent & { type: 'queue' };

/**
 * The queue of a room's answers, for its readers. The messages say that something in the queue has changed; the order is a matter of the
 * jobs, so it is read from the database, once for all readers of this process. A reading that fails is made again with the next change, or
 * when heads are compared ({@link QueueFeed.retry}).
 */
export class QueueFeed {
  readonly #load: () => Promise<RoomQueue>;
  readonly #tell: (event: QueueEvent) => void;
  readonly #onError: (error: unknown) => void;
  readonly #coalesceMs: number;
  /** The replies that are known to be in the queue: the change that ends one of them is a change of the queue. */
  readonly #waiting = new Set<string>();
  #event: QueueEvent = { type: 'queue', replies: [], count: 0 };
  #timer: NodeJS.Timeout | null = null;
  #reading = false;
  #isStale = false;
  #closed = false;

  constructor(
    load: () => Promise<RoomQueue>,
    tell: (event: QueueEvent) => void,
    onError: (error: unknown) => void,
    options: QueueFeedOptions = {},
  ) {
    this.#load = load;
    this.#tell = tell;
    this.#onError = onError;
    this.#coalesceMs = options.coalesceMs ?? 100;
  }

  /** The queue as the readers know it; null while it is empty, which a reader takes it to be until told otherwise. */
  get event(): QueueEvent | null {
    return this.#event.count === 0 ? null : this.#event;
  }

  /** Notes a message as it is now. */
  note({ id, kind, status }: MessageView): void {
    if (kind !== 'reply') return;
    if (isInProgress(status)) this.#waiting.add(id);
    else if (!this.#waiting.delete(id)) return;
    this.refresh();
  }

  /** Sets which replies are in progress, where the changes that said so were skipped or came before the room was open. */
  replace(ids: readonly string[]): void {
    if (ids.length === 0 && this.#waiting.size === 0) return;
    this.#waiting.clear();
    for (const id of ids) this.#waiting.add(id);
    this.refresh();
  }

  /** Reads the queue soon, and tells it if it has changed. */
  refresh(): void {
    this.#isStale = true;
    if (this.#closed || this.#timer || this.#reading) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      void this.#read();
    }, this.#coalesceMs);
  }

  /** Reads the queue if the last reading failed. */
  retry(): void {
    if (this.#isStale) this.refresh();
  }

  close(): void {
    this.#closed = true;
    if (this.#timer) clearTimeout(this.#timer);
  }

  async #read(): Promise<void> {
    this.#reading = true;
    this.#isStale = false;
    let changed = false;
    try {
      const event: QueueEvent = { type: 'queue', ...(await this.#load()) };
      if (this.#closed) return;
      if (JSON.stringify(event) !== JSON.stringify(this.#event)) this.#tell((this.#event = event));
      changed = this.#isStale;
    } catch (error) {
      this.#isStale = true;
      this.#onError(error);
    } finally {
      this.#reading = false;
      // Something changed while it was read.
      if (changed) this.refresh();
    }
  }
}
