export interface ChunkBuffersOptions {
  /** How many answers may have pieces waiting at once. */
  maxBuffers: number;
  /** How long pieces may wait, in milliseconds; older ones are dropped. */
  maxAgeMs: number;
  /** How often old ones are looked for, in milliseconds. */
  cleanupMs: number;
  /** Told of a buffer that was refused, or dropped because it is old. @default nobody is told */
  onBound?: (bound: 'text_buffers' | 'text_buffer_age') => void;
}

interface Buffer {
  since: number;
  drop: () => void;
}

/**
 * Which answers have pieces that wait for a missing one, in all rooms of this process. It bounds how many do, and for how long. What is not
 * held, or is dropped, is not lost: its room asks the worker for the whole text.
 */
export class ChunkBuffers {
  readonly #options: ChunkBuffersOptions;
  /** By the answer's id, the oldest first. */
  readonly #buffers = new Map<string, Buffer>();
  readonly #timer: NodeJS.Timeout;

  constructor(options: ChunkBuffersOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#dropOld(), options.cleanupMs).unref();
  }

  get count(): number {
    return this.#buffers.size;
  }

  /**
   * Asks whether pieces of an answer may wait.
   *
   * @param drop called if they have waited for too long
   * @returns false if as many answers as may have a buffer already
   */
  hold(messageId: string, drop: () => void): boolean {
    if (this.#buffers.has(messageId)) return true;
    if (this.#buffers.size >= this.#options.maxBuffers) {
      this.#options.onBound?.('text_buffers');
      return false;
    }
    this.#buffers.set(messageId, { since: performance.now(), drop });
    return true;
  }

  /** Notes that nothing of an answer waits any more. */
  release(messageId: string): void {
    this.#buffers.delete(messageId);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #dropOld(): void {
    const before = performance.now() - this.#options.maxAgeMs;
    for (const [messageId, { since, drop }] of this.#buffers) {
      if (since > before) return;
      this.#buffers.delete(messageId);
      drop();
      this.#options.onBound?.('text_buffer_age');
    }
  }
}
