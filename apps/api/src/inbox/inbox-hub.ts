import { AppError, channels, type InboxEvent, type RoomHeadPayload, type ServerPart } from '@parley/contracts';
import type { Bus, BusSubscription } from '@parley/bus';
import type { CountedMessages } from '@parley/core/sync/load-counted';
import type { RoomHead } from '@parley/core/sync/load-heads';
import type { InboxMarks } from '@parley/core/sync/load-inbox-marks';
import { HeadSchedule, type HeadScheduleOptions } from '../realtime/room/head-schedule.js';
import type { InboxSnapshot } from './inbox-ledger.js';
import { InboxReader } from './inbox-reader.js';

export interface InboxOptions extends HeadScheduleOptions {
  /** The hub tells a room's counters at most this often, in milliseconds. */
  coalesceMs: number;
}

export interface InboxDeps {
  bus: Bus;
  /** The parts that this server is without; the hub tells its readers. */
  parts: { readonly away: readonly ServerPart[]; subscribe(listener: () => void): () => void };
  /** Heads of many rooms, from one snapshot. */
  loadHeads(roomIds: string[]): Promise<Map<string, RoomHead>>;
  /** The last messages of rooms that count as unread, of each after the seq that all who ask have read. */
  loadCounted(rooms: { roomId: string; after: number }[]): Promise<Map<string, CountedMessages>>;
  /** The totals of many people's inboxes, from one snapshot. */
  loadMarks(userIds: string[]): Promise<Map<string, InboxMarks>>;
  /** Throws for an event that its schema does not declare; the reader's subscription then ends. Null or absent: no event is checked. */
  checkEvent?: ((event: InboxEvent) => void) | null;
  onError(error: unknown, operation: string): void;
}

interface RoomWatch {
  readers: Set<InboxReader>;
  subscription: Promise<BusSubscription | null>;
  /** Seq of the room's last message that this process has heard of. */
  lastSeq: number;
  /** What is unread was counted as of this rev: an older head says nothing new. */
  countedRev: number;
}

/** Inboxes that one sweep compares with the database; the next sweep goes on from there. */
const comparedPerSweep = 500;

/** Rooms that one query counts: each is a bounded look into an index. */
const countedPerQuery = 500;

/**
 * When every reader needs a snapshot (the bus came back, or the database was restored from a backup), the hub spreads them over this
 * long for each reader, in milliseconds, and over two seconds at most.
 */
const spreadMsPerReader = 1;
const maxSpreadMs = 2_000;

/**
 * Tells people what happens in rooms that they have not open: counters, coalesced, never text. Each process holds one bus subscription
 * per room, however many people count that room. Each sweep reads the heads of all rooms of the process in one query, and so finds what
 * the bus lost or carried before the process listened. What the bus lost of one person's own events shows in the totals of their inbox.
 */
export class InboxHub {
  readonly #deps: InboxDeps;
  readonly #options: InboxOptions;
  readonly #rooms = new Map<string, RoomWatch>();
  readonly #readers = new Set<InboxReader>();
  /** Rooms that changed since what is unread in them was counted. */
  readonly #toCount = new Set<string>();
  #countTimer: NodeJS.Timeout | null = null;
  /** Readers whose inboxes the next sweeps compare. */
  #toCompare: InboxReader[] = [];
  readonly #schedule: HeadSchedule;
  readonly #stopListening: () => void;
  readonly #stopWatching: () => void;
  #closed = false;

  constructor(deps: InboxDeps, options: InboxOptions) {
    this.#deps = deps;
    this.#options = options;
    // After a gap nobody knows which events were missed, so every reader starts again from a snapshot.
    this.#stopListening = deps.bus.onStateChange((state) => {
      if (state === 'connected') this.#restart(this.#readers);
    });
    this.#stopWatching = deps.parts.subscribe(() => {
      for (const reader of this.#readers) reader.receive(this.#serverEvent());
    });
    this.#schedule = new HeadSchedule(options, {
      all: () => Promise.all([this.#compareHeads([...this.#rooms.keys()]), this.#compareMarks()]),
      of: (roomIds) => this.#compareHeads(roomIds),
    });
  }

  get counts(): { readers: number; rooms: number } {
    return { readers: this.#readers.size, rooms: this.#rooms.size };
  }

  /**
   * A person's inbox: a snapshot, then each change. It calls `load` only once the bus listens for the person, so that no change falls
   * between, and calls it again after every gap. Ends when `signal` aborts.
   */
  async *events(userId: string, load: () => Promise<InboxSnapshot>, signal: AbortSignal | undefined): AsyncGenerator<InboxEvent> {
    const reader = await this.#open(userId);
    const events = reader.events(load, signal);
    const { checkEvent } = this.#deps;
    yield* checkEvent ? checked(events, checkEvent) : events;
  }

  async #open(userId: string): Promise<InboxReader> {
    if (this.#closed) throw new AppError('UNAVAILABLE', 'This instance is stopping. Reconnect.');
    const reader = new InboxReader(userId, this.#options.coalesceMs, {
      watch: (roomIds) => this.#watch(roomIds, reader),
      unwatch: (roomId) => this.#unwatch(roomId, reader),
      afterSnapshot: () => this.#serverEvent(),
    });
    const subscription = await this.#deps.bus.subscribe(channels.user(userId), (message) => {
      if (message.type === 'inbox') reader.receive(message.event);
      else if (message.type === 'invitations') reader.requestSnapshot();
    });
    this.#readers.add(reader);
    reader.onClose = () => {
      this.#readers.delete(reader);
      subscription.unsubscribe();
    };
    return reader;
  }

  close(): void {
    this.#closed = true;
    this.#stopListening();
    this.#stopWatching();
    this.#schedule.close();
    if (this.#countTimer) clearTimeout(this.#countTimer);
    for (const reader of this.#readers) reader.close();
  }

  /** Reads the heads of these rooms and tells the readers who count them. */
  async #compareHeads(roomIds: string[]): Promise<void> {
    if (roomIds.length === 0) return;
    // Taken before the query: the database already has whatever the bus has told.
    const heard = new Map(roomIds.map((roomId) => [roomId, this.#rooms.get(roomId)?.lastSeq ?? 0]));
    const misled = new Set<InboxReader>();
    try {
      for (const [roomId, head] of await this.#deps.loadHeads(roomIds)) {
        if (head.seq < heard.get(roomId)!) for (const reader of this.#goBack(roomId, head)) misled.add(reader);
        else this.#noteHead(roomId, head);
      }
      if (misled.size > 0) this.#restart(misled);
    } catch (error) {
      this.#deps.onError(error, 'compare heads of the inbox');
    }
  }

  /** Events for one person move no room's head. If the bus loses one, the totals of the person's inbox differ from the database. */
  async #compareMarks(): Promise<void> {
    if (this.#toCompare.length === 0) this.#toCompare = [...this.#readers];
    const readers = this.#toCompare.splice(0, comparedPerSweep).filter((reader) => this.#readers.has(reader));
    if (readers.length === 0) return;
    try {
      const marks = await this.#deps.loadMarks([...new Set(readers.map(({ userId }) => userId))]);
      for (const reader of readers) reader.compare(marks.get(reader.userId)!);
    } catch (error) {
      this.#deps.onError(error, 'compare inboxes');
    }
  }

  #serverEvent(): InboxEvent {
    return { type: 'server', away: [...this.#deps.parts.away] };
  }

  #noteHead(roomId: string, head: RoomHeadPayload): void {
    const watch = this.#rooms.get(roomId);
    if (!watch) return;
    watch.lastSeq = Math.max(watch.lastSeq, head.seq);
    for (const reader of watch.readers) reader.noteHead(roomId, head);
    if (head.rev <= watch.countedRev) return;
    this.#toCount.add(roomId);
    this.#countTimer ??= setTimeout(() => void this.#count(), this.#options.coalesceMs / 2);
  }

  /**
   * Counts what is unread in the rooms that changed: a new message may be a line that does not count, and a deletion moves no seq. One query
   * serves all who count a room, in time for the counters that are told next. If it fails, the next comparison of heads finds the rooms
   * again.
   */
  async #count(): Promise<void> {
    try {
      while (this.#toCount.size > 0 && !this.#closed) {
        const roomIds = [...this.#toCount].slice(0, countedPerQuery);
        for (const roomId of roomIds) this.#toCount.delete(roomId);
        const asked = roomIds.flatMap((roomId) => {
          const read = [...(this.#rooms.get(roomId)?.readers ?? [])].flatMap((reader) => reader.readUpTo(roomId) ?? []);
          return read.length > 0 ? [{ roomId, after: read.reduce((least, seq) => Math.min(least, seq)) }] : [];
        });
        if (asked.length === 0) continue;
        for (const [roomId, counted] of await this.#deps.loadCounted(asked)) {
          const watch = this.#rooms.get(roomId);
          if (!watch) continue;
          watch.countedRev = Math.max(watch.countedRev, counted.rev);
          for (const reader of watch.readers) reader.noteCounted(roomId, counted);
        }
      }
    } catch (error) {
      this.#deps.onError(error, 'count what is unread');
    } finally {
      this.#countTimer = null;
    }
  }

  /** The database was restored from a backup: readers forget the messages beyond its head. @returns the readers of the room */
  #goBack(roomId: string, { seq, rev }: RoomHead): Iterable<InboxReader> {
    const watch = this.#rooms.get(roomId);
    if (!watch) return [];
    watch.lastSeq = seq;
    watch.countedRev = rev;
    for (const reader of watch.readers) reader.goBack(roomId, seq);
    return watch.readers;
  }

  #watch(roomIds: string[], reader: InboxReader): void {
    const pending: Promise<unknown>[] = [];
    for (const roomId of roomIds) {
      let watch = this.#rooms.get(roomId);
      if (!watch) {
        watch = { readers: new Set(), subscription: this.#listen(roomId), lastSeq: 0, countedRev: 0 };
        this.#rooms.set(roomId, watch);
        this.#schedule.recheckSoon(roomId);
      }
      watch.readers.add(reader);
      // What the reader's snapshot counted may be older than what was counted here last.
      watch.countedRev = 0;
      pending.push(watch.subscription);
    }
    // A change committed after the snapshot was read and before the bus listened is in neither, so compare the heads.
    void Promise.all(pending).then(() => this.#compareHeads(roomIds));
  }

  async #listen(roomId: string): Promise<BusSubscription | null> {
    try {
      return await this.#deps.bus.subscribe(channels.roomHead(roomId), (head) => this.#noteHead(roomId, head));
    } catch (error) {
      // The sweeps still find this room's counters.
      this.#deps.onError(error, 'watch a room’s head');
      return null;
    }
  }

  #unwatch(roomId: string, reader: InboxReader): void {
    const watch = this.#rooms.get(roomId);
    if (!watch?.readers.delete(reader) || watch.readers.size > 0) return;
    this.#rooms.delete(roomId);
    void watch.subscription.then((subscription) => subscription?.unsubscribe());
  }

  #restart(readers: ReadonlySet<InboxReader>): void {
    const spreadMs = Math.min(maxSpreadMs, readers.size * spreadMsPerReader);
    for (const reader of readers) setTimeout(() => reader.requestSnapshot(), Math.random() * spreadMs).unref();
  }
}

async function* checked(events: AsyncGenerator<InboxEvent>, check: (event: InboxEvent) => void): AsyncGenerator<InboxEvent> {
  for await (const event of events) {
    check(event);
    yield event;
  }
}
