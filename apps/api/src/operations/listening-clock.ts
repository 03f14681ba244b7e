/** How often the clock looks at how much time has passed, in milliseconds. */
const beatMs = 100;
/** What may pass between two looks and count, in milliseconds. In what is beyond it this process was stopped, or busy with something else. */
const maxBeatMs = 1.2 * beatMs;

/**
 * A clock that runs only while this process can hear. While the event loop is blocked, or the process stopped, answers lie unread:
 * that time must not be taken for silence.
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

  /** Milliseconds for which this process could hear since the clock was made. */
  now(): number {
    return this.#heardMs + Math.min(maxBeatMs, performance.now() - this.#lookedAt);
  }

  close(): void {
    clearInterval(this.#timer);
  }
}
