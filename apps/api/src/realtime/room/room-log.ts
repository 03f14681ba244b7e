import type { DurableEvent } from '@parley/contracts';
import type { RoomHead } from '@parley/core';
import type { RoomSource } from './room-source.js';

export interface RoomLogOptions {
  /** How long an event that came too early waits for the ones before it, in milliseconds, before the database is asked. */
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
  /** The position jumped to `head` without its changes; forward, or back with a database that was put back. */
  jumped(head: RoomHead): void;
}

/**
 * Puts a room's durable events in order: what comes from the bus, early, late, twice or never, and what the database says.
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

  /** The subscription is in place and this is the head read after it: live from here. */
  start(head: RoomHead): void {
    if (this.#rev !== null) return;
    this.#rev = head.rev;
    this.#drain();
  }

  /** An event from the bus; null where it was too large to travel. */
  receive(rev: number, event: DurableEvent | null): void {
    if (this.#closed || (this.#rev !== null && rev <= this.#rev)) return;
    if (this.#early.size >= this.#options.maxEarly && !this.#early.has(rev)) {
      // No room to wait: the database has it all.
      void this.catchUp();
      return;
    }
    if (event || !this.#early.has(rev)) this.#early.set(rev, event);
    if (this.#rev !== null) this.#drain();
  }

  /** Someone saw this head: if it is ahead of the position, what is missing is read. Resolves once the position is at least `rev`, or reading failed. */
  async reach(rev: number): Promise<boolean> {
    for (let tries = 0; tries < 3 && !this.#closed; tries++) {
      if (this.#rev !== null && this.#rev >= rev) return true;
      await this.catchUp();
    }
    return this.#rev !== null && this.#rev >= rev;
  }

  /**
   * The database no longer has what it had at the position: it was put back to an earlier day. What was applied since is no more,
   * and the position jumps back to `head`.
   */
  goBack(head: RoomHead): void {
    if (this.#closed || this.#rev === null || head.rev >= this.#rev) return;
    this.#early.clear();
    this.#rev = head.rev;
    this.#sink.jumped(head);
  }

  /** Reads what changed after the position until it is the head's. One at a time; a call during another makes it look once more. */
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
        // Asked for after the last look, before this turn.
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

  /** Applies what is next in line; what still has a gap before it waits, for a moment. */
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
