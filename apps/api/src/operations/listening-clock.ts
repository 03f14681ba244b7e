/** How often the clock looks at how much time has passed, in milliseconds. */
const beatMs = 100;
/** The most time between two looks that counts, in milliseconds. Beyond it, this process was stopped, or busy with something else. */
const maxBeatMs = 1.2 * beatMs;

/**
 * A clock that runs only while this process can read answers. While the event loop is blocked, or the process stopped, answers lie
 * unread, and that time must not count as silence.
 */
export class ListeningClock {
  readonly #timer: NodeJS.Timeout;
  #heardMs = 0;
  #lookedAt = performance.now();

  /** @param onBeat called every 100 ms, or later where this process is held up */
  constructor(onBeat: () => void) {
    this.#timer = setInterval(() => {
      this.#heardMs = this.now();
      this.#lookedAt = performance.now();
      onBeat();
    }, beatMs);
  }

  /** Milliseconds in which this process could read answers, since the clock was made. */
  now(): number {
    return this.#heardMs + Math.min(maxBeatMs, performance.now() - this.#lookedAt);
  }

  close(): void {
    clearInterval(this.#timer);
  }
}
