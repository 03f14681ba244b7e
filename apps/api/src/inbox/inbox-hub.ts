import { subjects, type InboxEvent, type RoomHeadPayload, type UserPayload } from '@parley/contracts';
import type { Bus, BusSubscription } from '@parley/bus';

export interface InboxOptions {
  /** Counters of a room are told at most this often, in milliseconds. */
  coalesceMs: number;
}

interface RoomWatch {
  readers: Set<InboxReader>;
  subscription: Promise<BusSubscription>;
}

/**
 * What goes on in rooms that are not open: counters, coalesced, never text. One bus subscription per room and process, however
 * many people count it.
 */
export class InboxHub {
  readonly #bus: Bus;
  readonly #options: InboxOptions;
  readonly #onError: (error: unknown, operation: string) => void;
  readonly #rooms = new Map<string, RoomWatch>();
  readonly #readers = new Set<InboxReader>();

  constructor(bus: Bus, options: InboxOptions, onError: (error: unknown, operation: string) => void) {
    this.#bus = bus;
    this.#options = options;
    this.#onError = onError;
    // After a gap nobody knows what was missed: everyone starts again from a snapshot.
    bus.onStateChange((state) => {
      if (state === 'connected') for (const reader of this.#readers) reader.requestSnapshot();
    });
  }

  get counts(): { readers: number; rooms: number } {
    return { readers: this.#readers.size, rooms: this.#rooms.size };
  }

  /** Starts to listen for a user; resolves once the bus has the subscription, so that a snapshot read afterwards misses nothing. */
  async open(userId: string): Promise<InboxReader> {
    const reader = new InboxReader(this.#options.coalesceMs, {
      watch: (roomId) => this.#watch(roomId, reader),
      unwatch: (roomId) => this.#unwatch(roomId, reader),
    });
    const subscription = await this.#bus.subscribe(subjects.user(userId), (payload) => {
      const message = payload as UserPayload;
      if (message.type === 'inbox') reader.receive(message.event);
    });
    this.#readers.add(reader);
    reader.onClose = () => {
      this.#readers.delete(reader);
      subscription.unsubscribe();
    };
    return reader;
  }

  #watch(roomId: string, reader: InboxReader): void {
    let watch = this.#rooms.get(roomId);
    if (!watch) {
      const subscription = this.#bus.subscribe(subjects.roomHead(roomId), (payload) => {
        for (const each of this.#rooms.get(roomId)?.readers ?? []) each.noteHead(roomId, payload as RoomHeadPayload);
      });
      subscription.catch((error: unknown) => this.#onError(error, 'watch a room’s head'));
      watch = { readers: new Set(), subscription };
      this.#rooms.set(roomId, watch);
    }
    watch.readers.add(reader);
  }

  #unwatch(roomId: string, reader: InboxReader): void {
    const watch = this.#rooms.get(roomId);
    if (!watch?.readers.delete(reader) || watch.readers.size > 0) return;
    this.#rooms.delete(roomId);
    watch.subscription.then((subscription) => subscription.unsubscribe()).catch(() => {});
  }
}

interface Counters {
  lastSeq: number;
  lastReadSeq: number;
  mentions: number;
}

/** One subscription to the inbox. */
export class InboxReader {
  readonly #coalesceMs: number;
  readonly #rooms: { watch(roomId: string): void; unwatch(roomId: string): void };
  readonly #counters = new Map<string, Counters>();
  readonly #changed = new Set<string>();
  #queue: InboxEvent[] = [];
  #snapshotDue = true;
  #flushTimer: NodeJS.Timeout | null = null;
  #wake: (() => void) | null = null;
  #closed = false;
  onClose: (() => void) | null = null;

  constructor(coalesceMs: number, rooms: { watch(roomId: string): void; unwatch(roomId: string): void }) {
    this.#coalesceMs = coalesceMs;
    this.#rooms = rooms;
  }

  receive(event: InboxEvent): void {
    if (event.type === 'counters') {
      const { lastSeq, lastReadSeq, mentions } = event;
      const known = this.#counters.get(event.roomId);
      this.#counters.set(event.roomId, { lastSeq: Math.max(lastSeq, known?.lastSeq ?? 0), lastReadSeq, mentions });
      this.#noteChanged(event.roomId);
      return;
    }
    if (event.type === 'room') this.#follow(event);
    if (event.type === 'mention') {
      const counters = this.#counters.get(event.roomId);
      if (counters) {
        counters.mentions++;
        this.#noteChanged(event.roomId);
      }
    }
    this.#push(event);
  }

  noteHead(roomId: string, head: RoomHeadPayload): void {
    const counters = this.#counters.get(roomId);
    if (!counters || head.seq <= counters.lastSeq) return;
    counters.lastSeq = head.seq;
    this.#noteChanged(roomId);
  }

  requestSnapshot(): void {
    this.#snapshotDue = true;
    this.#wake?.();
  }

  /** Events from now on, starting with what `load` reads, and with that again after every gap. Ends when `signal` aborts. */
  async *events(load: () => Promise<Extract<InboxEvent, { type: 'snapshot' }>>, signal: AbortSignal | undefined): AsyncGenerator<InboxEvent> {
    const onAbort = () => this.#wake?.();
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      while (!signal?.aborted && !this.#closed) {
        if (this.#snapshotDue) {
          this.#snapshotDue = false;
          this.#queue = [];
          const snapshot = await load();
          this.#restart(snapshot);
          yield snapshot;
          continue;
        }
        const queue = this.#queue;
        this.#queue = [];
        yield* queue;
        if (this.#queue.length > 0 || this.#snapshotDue || signal?.aborted) continue;
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        this.#wake = null;
      }
    } finally {
      signal?.removeEventListener('abort', onAbort);
      this.close();
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#flushTimer) clearTimeout(this.#flushTimer);
    for (const roomId of this.#counters.keys()) this.#rooms.unwatch(roomId);
    this.#counters.clear();
    this.onClose?.();
    this.#wake?.();
  }

  #restart(snapshot: Extract<InboxEvent, { type: 'snapshot' }>): void {
    const before = new Set(this.#counters.keys());
    for (const { room, mine } of snapshot.rooms) {
      if (!before.delete(room.id)) this.#rooms.watch(room.id);
      const known = this.#counters.get(room.id);
      this.#counters.set(room.id, {
        lastSeq: Math.max(mine.lastSeq, known?.lastSeq ?? 0),
        lastReadSeq: mine.lastReadSeq,
        mentions: mine.mentions,
      });
    }
    for (const roomId of before) {
      this.#rooms.unwatch(roomId);
      this.#counters.delete(roomId);
    }
  }

  #follow(event: Extract<InboxEvent, { type: 'room' }>): void {
    const roomId = event.room.id;
    if (event.mine) {
      if (!this.#counters.has(roomId)) this.#rooms.watch(roomId);
      this.#counters.set(roomId, { lastSeq: event.mine.lastSeq, lastReadSeq: event.mine.lastReadSeq, mentions: event.mine.mentions });
    } else if (this.#counters.delete(roomId)) this.#rooms.unwatch(roomId);
  }

  #noteChanged(roomId: string): void {
    this.#changed.add(roomId);
    this.#flushTimer ??= setTimeout(() => {
      this.#flushTimer = null;
      for (const changed of this.#changed) {
        const counters = this.#counters.get(changed);
        if (counters) this.#push({ type: 'counters', roomId: changed, ...counters, unread: Math.max(0, counters.lastSeq - counters.lastReadSeq) });
      }
      this.#changed.clear();
    }, this.#coalesceMs);
  }

  #push(event: InboxEvent): void {
    this.#queue.push(event);
    // A reader that does not read gets a snapshot instead of a growing queue.
    if (this.#queue.length > 1_000) {
      this.#queue = [];
      this.#snapshotDue = true;
    }
    this.#wake?.();
  }
}
