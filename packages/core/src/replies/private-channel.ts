import type { DeltaChannel } from './delta-batcher.js';
import type { TextPiece } from './text-stream.js';

export interface PrivateChannelOptions {
  /** The least time between two messages, in milliseconds; long texts wait longer. @default 150 */
  windowMs?: number;
  /** How soon the same text is told again while the model is silent, in milliseconds, for readers who came meanwhile. @default 1000 */
  repeatMs?: number;
}

/** Above this many UTF-16 units the window grows with the text, so that the amount told in a second stays bounded. */
const unitsPerWindow = 16_384;

/**
 * Tells the text of a private reply to its asker: the whole text each time, because no hub reassembles it. The first text goes at once,
 * later text once per window. If a message is lost, the next makes up for it.
 */
export class PrivateChannel implements DeltaChannel {
  readonly #tell: (text: string) => void;
  readonly #windowMs: number;
  readonly #repeatMs: number;
  #text = '';
  #waiting = false;
  #timer: NodeJS.Timeout | null = null;
  #closed = false;

  constructor(tell: (text: string) => void, { windowMs = 150, repeatMs = 1_000 }: PrivateChannelOptions = {}) {
    this.#tell = tell;
    this.#windowMs = windowMs;
    this.#repeatMs = repeatMs;
  }

  push({ text }: TextPiece): void {
    if (text === '' || this.#closed) return;
    const first = this.#text === '';
    this.#text += text;
    this.#waiting = true;
    if (first) this.flush();
  }

  flush(): void {
    if (this.#closed || !this.#waiting) return;
    this.#waiting = false;
    this.#tell(this.#text);
    this.#schedule();
  }

  /** Forgets the text so far: the next message tells what comes after it. */
  takeBack(): void {
    this.#text = '';
    this.#waiting = true;
    this.flush();
  }

  /** Ends the channel: no text is told any more. */
  close(): void {
    this.#closed = true;
    if (this.#timer) clearTimeout(this.#timer);
  }

  #schedule(): void {
    if (this.#timer) clearTimeout(this.#timer);
    const windowMs = this.#windowMs * Math.max(1, this.#text.length / unitsPerWindow);
    const repeatAt = performance.now() + this.#repeatMs;
    const onWindow = (): void => {
      if (this.#waiting || performance.now() >= repeatAt) {
        this.#waiting = true;
        this.flush();
        return;
      }
      this.#timer = setTimeout(onWindow, windowMs);
    };
    this.#timer = setTimeout(onWindow, windowMs);
  }
}
