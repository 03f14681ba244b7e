import { retryOfCode } from '../../retry-of-code.js';
import type { Calls } from '../calls/calls.js';
import { delay } from '../calls/delay.js';
import { ParleyError } from '../parley-error.js';
import type { MessagePage, MessageView } from '../views.js';

export interface RoomReaderOptions {
  calls: Calls;
  roomId: string;
  /** The `seq` up to which the bot has read. */
  readSeq: number;
  /** Handles a message. Never rejects. */
  handle(message: MessageView): Promise<void>;
  /** Whether a message has to be remembered as read at once, because it was worked on. */
  matters(message: MessageView): boolean;
  /** Called when the server refuses to be read. */
  onRefused(error: unknown): void;
  signal: AbortSignal;
}

const pageSize = 100;
/** How long to wait after a server that is away, in milliseconds. */
const awayMs = 2_000;

/**
 * Reads a room's messages for a bot, each once and in order, and moves the bot's read position behind them: it is where the next process of the bot
 * goes on.
 */
export class RoomReader {
  readonly #options: RoomReaderOptions;
  /** The `seq` of the last message that was handled. */
  #seq: number;
  #told: number;
  #reading = false;
  #again = false;
  #marking: Promise<void> = Promise.resolve();

  constructor(options: RoomReaderOptions) {
    this.#options = options;
    this.#seq = options.readSeq;
    this.#told = options.readSeq;
  }

  get seq(): number {
    return this.#seq;
  }

  /** Leaves out the messages up to `seq`. */
  skipTo(seq: number): void {
    this.#seq = Math.max(this.#seq, seq);
  }

  /** Reads to the end of the room. Returns when that is done, also if it was under way already. Never rejects. */
  async read(): Promise<void> {
    this.#again = true;
    if (this.#reading) return;
    this.#reading = true;
    try {
      while (this.#again && !this.#options.signal.aborted) {
        this.#again = false;
        await this.#toTheEnd();
      }
    } finally {
      this.#reading = false;
    }
  }

  /** Tells the server how far the bot has read, and waits until it knows. Never rejects. */
  async mark(): Promise<void> {
    const seq = this.#seq;
    if (seq <= this.#told) return this.#marking;
    this.#told = seq;
    const { calls, roomId } = this.#options;
    // What is lost here is read again by the next process.
    const mark = () =>
      calls.call('PUT', `/api/rooms/${roomId}/read`, { body: { seq } }).then(
        () => {},
        () => {},
      );
    return (this.#marking = this.#marking.then(mark));
  }

  async #toTheEnd(): Promise<void> {
    const { handle, matters, signal } = this.#options;
    for (;;) {
      const page = await this.#page();
      if (!page) return;
      for (const message of page.items) {
        if (message.seq <= this.#seq) continue;
        if (signal.aborted) return;
        await handle(message);
        this.#seq = message.seq;
        if (matters(message)) void this.mark();
      }
      void this.mark();
      if (!page.hasAfter || page.items.length === 0) return;
    }
  }

  /** The next messages; null if the room cannot be read any more. */
  async #page(): Promise<MessagePage | null> {
    const { calls, roomId, signal, onRefused } = this.#options;
    while (!signal.aborted) {
      try {
        return await calls.call<MessagePage>('GET', `/api/rooms/${roomId}/messages`, {
          query: { after: this.#seq, limit: pageSize },
          signal,
        });
      } catch (error) {
        if (signal.aborted) return null;
        if (!(error instanceof ParleyError) || retryOfCode[error.code] === undefined) {
          onRefused(error);
          return null;
        }
        await delay(error.retryAfterMs ?? awayMs, signal);
      }
    }
    return null;
  }
}
