import type { InboxEvent, Mine, PrivateReply, RoomHeadPayload, RoomView } from '@parley/contracts';
import type { InboxMarks } from '@parley/core';
import { InboxDoubt } from './inbox-doubt.js';

export type InboxSnapshot = Extract<InboxEvent, { type: 'snapshot' }>;

/** How a reader says which rooms it counts, and learns what goes with a snapshot. */
export interface RoomWatcher {
  afterSnapshot(): InboxEvent;
  watch(roomIds: string[]): void;
  unwatch(roomId: string): void;
}

interface Counters {
  lastSeq: number;
  lastReadSeq: number;
  mentions: number;
}

/** A room as the reader was last told of it. */
interface Listed {
  rev: number;
  mine: Mine;
}

/** More events than this waiting for a reader are replaced by a snapshot. */
const maxQueued = 1_000;

/** One subscription to the inbox: a snapshot first, then what changes, counters coalesced. */
export class InboxReader {
  readonly userId: string;
  readonly #coalesceMs: number;
  readonly #rooms: RoomWatcher;
  readonly #counters = new Map<string, Counters>();
  readonly #listed = new Map<string, Listed>();
  readonly #changed = new Set<string>();
  /** Private replies being written, and the room of each. */
  readonly #writing = new Map<string, string>();
  readonly #doubt = new InboxDoubt();
  #queue: InboxEvent[] = [];
  #snapshotDue = true;
  #loading = false;
  #flushTimer: NodeJS.Timeout | null = null;
  #wake: (() => void) | null = null;
  #closed = false;
  onClose: (() => void) | null = null;

  constructor(userId: string, coalesceMs: number, rooms: RoomWatcher) {
    this.userId = userId;
    this.#coalesceMs = coalesceMs;
    this.#rooms = rooms;
  }

  /** What the bus says to this person. */
  receive(event: InboxEvent): void {
    if (this.#closed) return;
    // Whether the snapshot being read has this already, nobody can say: there will be another.
    if (this.#loading && event.type !== 'privateReply' && event.type !== 'privateReplyDismissed' && event.type !== 'server')
      this.#snapshotDue = true;
    switch (event.type) {
      case 'counters': {
        const { roomId, lastSeq, lastReadSeq, mentions } = event;
        const known = this.#counters.get(roomId);
        // Of a room that was left meanwhile, or is not known yet: the list comes first.
        if (!known) return;
        this.#counters.set(roomId, {
          lastSeq: Math.max(lastSeq, known.lastSeq),
          lastReadSeq: Math.max(lastReadSeq, known.lastReadSeq),
          mentions,
        });
        return this.#noteChanged(roomId);
      }
      case 'mention': {
        const counters = this.#counters.get(event.roomId);
        if (counters) {
          counters.mentions++;
          this.#noteChanged(event.roomId);
        }
        return this.#push(event);
      }
      case 'room':
        this.#follow(event);
        return this.#push(event);
      case 'privateReply':
        return this.#pushPrivate(event);
      case 'privateReplyDismissed':
        this.#writing.delete(event.id);
        return this.#push(event);
      case 'server':
      case 'snapshot':
        return this.#push(event);
    }
  }

  noteHead(roomId: string, head: RoomHeadPayload): void {
    const counters = this.#counters.get(roomId);
    if (!counters) return;
    if (head.read?.userId === this.userId && head.read.seq > counters.lastReadSeq) {
      // As with what the bus says to this person: the snapshot being read may be older.
      if (this.#loading) this.#snapshotDue = true;
      if (head.read.seq > counters.lastSeq) counters.mentions = 0;
      counters.lastReadSeq = head.read.seq;
      this.#noteChanged(roomId);
    }
    if (head.seq > counters.lastSeq) {
      counters.lastSeq = head.seq;
      this.#noteChanged(roomId);
    }
    if (head.room) this.#noteRoom(head.room, counters);
  }

  /** The room has no messages beyond `seq` any more. A snapshot is to follow: what else is different, nobody knows. */
  goBack(roomId: string, seq: number): void {
    const counters = this.#counters.get(roomId);
    if (counters) counters.lastSeq = Math.min(counters.lastSeq, seq);
  }

  /** Its name or the like changed: the same for all who count it, so it comes with the head, and what is this reader's is known. */
  #noteRoom(room: RoomView, counters: Counters): void {
    if (this.#loading) this.#snapshotDue = true;
    const listed = this.#listed.get(room.id);
    if (!listed || room.rev <= listed.rev) return;
    listed.rev = room.rev;
    const unread = Math.max(0, counters.lastSeq - counters.lastReadSeq);
    this.#push({ type: 'room', room, mine: { ...listed.mine, ...counters, unread } });
  }

  /**
   * What this person's inbox adds up to in the database. Where that is not what was told, though nothing changed since it was
   * last asked, something was lost: a snapshot brings it. One that changes nothing is not repeated.
   */
  compare(marks: InboxMarks): void {
    if (this.#loading || this.#snapshotDue || this.#closed) return;
    if (this.#doubt.isFounded(marks, this.#told())) this.requestSnapshot();
  }

  requestSnapshot(): void {
    this.#snapshotDue = true;
    this.#wake?.();
  }

  /** Events from now on, starting with what `load` reads, and with that again after every gap. Ends when `signal` aborts. */
  async *events(load: () => Promise<InboxSnapshot>, signal: AbortSignal | undefined): AsyncGenerator<InboxEvent> {
    const onAbort = () => this.close();
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      while (!signal?.aborted && !this.#closed) {
        if (this.#snapshotDue) {
          const snapshot = await this.#load(load);
          if (this.#closed) return;
          yield snapshot;
          yield this.#rooms.afterSnapshot();
          continue;
        }
        const queue = this.#queue;
        this.#queue = [];
        yield* queue;
        if (this.#queue.length > 0 || this.#snapshotDue || signal?.aborted || this.#closed) continue;
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
    this.#listed.clear();
    this.onClose?.();
    this.#wake?.();
  }

  #told(): InboxMarks {
    const told = { rooms: this.#counters.size, muted: 0, read: 0, mentions: 0, writing: this.#writing.size };
    for (const { mine } of this.#listed.values()) if (mine.muted) told.muted++;
    for (const { lastReadSeq, mentions } of this.#counters.values()) {
      told.read += lastReadSeq;
      told.mentions += mentions;
    }
    return told;
  }

  async #load(load: () => Promise<InboxSnapshot>): Promise<InboxSnapshot> {
    this.#snapshotDue = false;
    this.#queue = [];
    this.#loading = true;
    try {
      const snapshot = await load();
      if (!this.#closed) this.#restart(snapshot);
      return snapshot;
    } finally {
      this.#loading = false;
    }
  }

  #restart(snapshot: InboxSnapshot): void {
    const before = new Set(this.#counters.keys());
    const added: string[] = [];
    for (const { room, mine } of snapshot.rooms) {
      if (!before.delete(room.id)) added.push(room.id);
      this.#listed.set(room.id, { rev: room.rev, mine });
      const known = this.#counters.get(room.id);
      const lastSeq = Math.max(mine.lastSeq, known?.lastSeq ?? 0);
      this.#counters.set(room.id, { lastSeq, lastReadSeq: mine.lastReadSeq, mentions: mine.mentions });
      // The snapshot says less than the bus did meanwhile.
      if (lastSeq > mine.lastSeq) this.#noteChanged(room.id);
    }
    for (const roomId of before) {
      this.#rooms.unwatch(roomId);
      this.#counters.delete(roomId);
      this.#listed.delete(roomId);
    }
    this.#writing.clear();
    for (const reply of snapshot.privateReplies) this.#noteWriting(reply);
    // What came while the snapshot was read is newer.
    for (const event of this.#queue) {
      if (event.type === 'privateReply') this.#noteWriting(event.reply);
      else if (event.type === 'privateReplyDismissed') this.#writing.delete(event.id);
    }
    this.#dropPrivateOfOthers();
    if (added.length > 0) this.#rooms.watch(added);
  }

  /** Private replies of rooms that are not listed, or not any more. */
  #dropPrivateOfOthers(): void {
    this.#queue = this.#queue.filter((event) => event.type !== 'privateReply' || this.#listed.has(event.reply.roomId));
    for (const [id, roomId] of this.#writing) if (!this.#listed.has(roomId)) this.#writing.delete(id);
  }

  #noteWriting({ id, roomId, status }: PrivateReply): void {
    if (status === 'streaming') this.#writing.set(id, roomId);
    else this.#writing.delete(id);
  }

  #follow({ room: { id: roomId, rev }, mine }: Extract<InboxEvent, { type: 'room' }>): void {
    if (!mine) {
      this.#listed.delete(roomId);
      this.#dropPrivateOfOthers();
      if (this.#counters.delete(roomId)) this.#rooms.unwatch(roomId);
      return;
    }
    this.#listed.set(roomId, { rev, mine });
    const known = this.#counters.has(roomId);
    this.#counters.set(roomId, { lastSeq: mine.lastSeq, lastReadSeq: mine.lastReadSeq, mentions: mine.mentions });
    if (!known) this.#rooms.watch([roomId]);
  }

  #noteChanged(roomId: string): void {
    this.#changed.add(roomId);
    this.#flushTimer ??= setTimeout(() => {
      this.#flushTimer = null;
      for (const changed of this.#changed) this.#pushCounters(changed);
      this.#changed.clear();
    }, this.#coalesceMs);
  }

  #pushCounters(roomId: string): void {
    const counters = this.#counters.get(roomId);
    if (!counters) return;
    const { lastSeq, lastReadSeq } = counters;
    const unread = Math.max(0, lastSeq - lastReadSeq);
    // A mention and the reading of it travel apart, and may arrive the other way round: what is read mentions nobody.
    counters.mentions = Math.min(counters.mentions, unread);
    this.#push({ type: 'counters', roomId, lastSeq, lastReadSeq, unread, mentions: counters.mentions });
  }

  #pushPrivate(event: Extract<InboxEvent, { type: 'privateReply' }>): void {
    const { id, roomId } = event.reply;
    // Out of the room, one sees no more of it, not even an answer under way. While the list is read, the list decides.
    if (!this.#loading && !this.#listed.has(roomId)) return;
    this.#noteWriting(event.reply);
    // Each has the whole text: of what waits for a slow reader, only the latest counts.
    this.#queue = this.#queue.filter((earlier) => earlier.type !== 'privateReply' || earlier.reply.id !== id);
    this.#push(event);
  }

  #push(event: InboxEvent): void {
    this.#queue.push(event);
    // A reader that does not read gets a snapshot instead of a growing queue.
    if (this.#queue.length > maxQueued) {
      this.#queue = [];
      this.#snapshotDue = true;
    }
    this.#wake?.();
  }
}
