import type { DurableEvent } from '@parley/contracts';
import type { RoomHead } from '@parley/core/sync/load-heads';
import type { RoomSource } from './room-source.js';

export interface RoomLogOptions {
  /** How long an event that came too early waits for the events before it, in milliseconds, before the database is asked. */
  gapMs: number;
  /** Most early events kept. */
  maxEarly: number;
  /** Changes read per query. */
  pageSize: number;
  /** More changes than this are not replayed: readers are told to refetch. */
  maxReplay: number;
}

export interface RoomLogSink {
  /** The next change in rev order. Strictly increasing, each rev once. */
  apply(event: DurableEvent): void;
  /** The position jumped to `head` without the changes between: forward, or back after the database was restored from a backup. */
  jumped(head: RoomHead): void;
}

/**
 * Puts a room's durable events in order. From the bus they come early, late, twice or never; the database has those that are missing.
 * `rev` is the position: everything up to it has been given to the sink, in order, once.
 */
export class RoomLog {
  readonly #roomId: string;
  readonly #source: RoomSource;
  readonly #options: RoomLogOptions;
  readonly #sink: RoomLogSink;
  readonly #onError: (error: unknown) => void;
  /** Events beyond the next one, by rev; null where only the rev is known. */
  readonly #early = new Map<number, DurableEvent | null>();
  #rev: number | null = null;
  #gapTimer: NodeJS.Timeout | null = null;
  #catchingUp: Promise<void> | null = null;
  #catchUpAgain = false;
  #closed = false;

  constructor(roomId: string, source: RoomSource, options: RoomLogOptions, sink: RoomLogSink, onError: (error: unknown) => void) {
    this.#roomId = roomId;
    this.#source = source;
    this.#options = options;
    this.#sink = sink;
    this.#onError = onError;
  }

  /** Null until {@link start}. */
  get rev(): number | null {
    return this.#rev;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Begins to apply events: `head` is the head that was read after the subscription was in place. */
  start(head: RoomHead): void {
    if (this.#rev !== null) return;
    this.#rev = head.rev;
    this.#drain();
  }

  /** Takes an event from the bus; null where the event was too large to travel. */
  receive(rev: number, event: DurableEvent | null): void {
    if (this.#closed || (this.#rev !== null && rev <= this.#rev)) return;
    if (this.#early.size >= this.#options.maxEarly && !this.#early.has(rev)) {
      // There is no room to keep this event: read it from the database instead.
      void this.catchUp();
      return;
    }
    if (event || !this.#early.has(rev)) this.#early.set(rev, event);
    if (this.#rev !== null) this.#drain();
  }

  /**
   * Reads what is missing up to `rev`, which someone saw in the database. Resolves to true once the position is at least `rev`, and to
   * false if reading failed.
   */
  async reach(rev: number): Promise<boolean> {
    for (let tries = 0; tries < 3 && !this.#closed; tries++) {
      if (this.#rev !== null && this.#rev >= rev) return true;
      await this.catchUp();
    }
    return this.#rev !== null && this.#rev >= rev;
  }

  /**
   * Jumps back to `head`, because the database was restored from a backup: the changes after `head`, which were applied here, no longer
   * exist.
   */
  goBack(head: RoomHead): void {
    if (this.#closed || this.#rev === null || head.rev >= this.#rev) return;
    this.#early.clear();
    this.#rev = head.rev;
    this.#sink.jumped(head);
  }

  /**
   * Reads the changes after the position until it has reached the head. One reading runs at a time; a call during a reading makes it
   * look once more.
   */
  catchUp(): Promise<void> {
    if (this.#catchingUp) {
      this.#catchUpAgain = true;
      return this.#catchingUp;
    }
    this.#catchingUp = this.#readPages()
      .catch((error: unknown) => {
        this.#catchUpAgain = false;
        this.#onError(error);
        // Early events still wait for what is missing; the next comparison of heads tries again.
      })
      .finally(() => {
        this.#catchingUp = null;
        // Someone asked after the reading had looked for the last time.
        if (this.#catchUpAgain && !this.#closed) void this.catchUp();
      });
    return this.#catchingUp;
  }

  close(): void {
    this.#closed = true;
    this.#early.clear();
    if (this.#gapTimer) clearTimeout(this.#gapTimer);
  }

  async #readPages(): Promise<void> {
    let read = 0;
    do {
      this.#catchUpAgain = false;
      let complete = false;
      while (!complete && !this.#closed && this.#rev !== null) {
        const from = this.#rev;
        const page = await this.#source.loadChanges(this.#roomId, from, this.#options.pageSize);
        if (this.#closed) return;
        if (this.#rev < from) continue;
        read += page.events.length;
        if (!page.complete && read >= this.#options.maxReplay) {
          this.#jump(page.head);
          break;
        }
        for (const event of page.events) if (event.rev > this.#rev) this.#advance(event);
        complete = page.complete;
        if (complete) this.#rev = Math.max(this.#rev, page.head.rev);
      }
      if (!this.#closed && this.#rev !== null) this.#drain();
    } while (this.#catchUpAgain && !this.#closed);
  }

  #jump(head: RoomHead): void {
    if (this.#rev !== null && head.rev <= this.#rev) return;
    this.#rev = head.rev;
    this.#sink.jumped(head);
  }

  #advance(event: DurableEvent): void {
    this.#rev = event.rev;
    this.#early.delete(event.rev);
    this.#sink.apply(event);
  }

  /** Applies the early events that are next in line. If a gap remains, the others wait for {@link RoomLogOptions.gapMs}. */
  #drain(): void {
    for (const rev of this.#early.keys()) if (rev <= this.#rev!) this.#early.delete(rev);
    let next = this.#early.get(this.#rev! + 1);
    while (next) {
      this.#advance(next);
      next = this.#early.get(this.#rev! + 1);
    }
    if (this.#early.size === 0) {
      if (this.#gapTimer) clearTimeout(this.#gapTimer);
      this.#gapTimer = null;
    } else if (next === null) {
      void this.catchUp();
    } else {
      this.#gapTimer ??= setTimeout(() => {
        this.#gapTimer = null;
        if (this.#early.size > 0) void this.catchUp();
      }, this.#options.gapMs);
    }
  }
}
