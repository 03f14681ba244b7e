export interface HeadScheduleOptions {
  /** How often the heads of all rooms are compared with the database, in milliseconds. */
  headSweepMs: number;
  /** How long after this process first listened to a room it compares the room's head once more, in milliseconds. */
  headRecheckMs: number;
}

/** Comparisons of rooms' heads with the database. They report their failures themselves and never reject. */
export interface HeadComparisons {
  all(): Promise<unknown>;
  of(roomIds: string[]): Promise<unknown>;
}

/**
 * Decides when heads are compared. All heads are compared again and again, which finds what the bus lost. A room's head is compared once
 * more a moment after this process first listened to the room, because in a NATS cluster a confirmed subscription may not yet be known
 * to every server.
 */
export class HeadSchedule {
  readonly #options: HeadScheduleOptions;
  readonly #compare: HeadComparisons;
  /** Rooms that this process first listened to since the last recheck. */
  readonly #fresh = new Set<string>();
  #sweep: NodeJS.Timeout | null = null;
  #recheck: NodeJS.Timeout | null = null;
  #closed = false;

  constructor(options: HeadScheduleOptions, compare: HeadComparisons) {
    this.#options = options;
    this.#compare = compare;
    this.#scheduleSweep();
  }

  /** Compares the room's head after the recheck's delay, together with the rooms that are added meanwhile. */
  recheckSoon(roomId: string): void {
    this.#fresh.add(roomId);
    this.#recheck ??= setTimeout(() => {
      this.#recheck = null;
      const roomIds = [...this.#fresh];
      this.#fresh.clear();
      void this.#compare.of(roomIds);
    }, this.#options.headRecheckMs);
  }

  close(): void {
    this.#closed = true;
    if (this.#sweep) clearTimeout(this.#sweep);
    if (this.#recheck) clearTimeout(this.#recheck);
  }

  #scheduleSweep(): void {
    // Spread by a fifth either way, so that many instances do not ask at the same moment.
    const delayMs = this.#options.headSweepMs * (0.8 + 0.4 * Math.random());
    this.#sweep = setTimeout(() => {
      void this.#compare.all().finally(() => {
        if (!this.#closed) this.#scheduleSweep();
      });
    }, delayMs);
  }
}
