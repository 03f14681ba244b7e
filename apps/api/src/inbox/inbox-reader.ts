import type { InboxEvent, RoomHeadPayload } from '@parley/contracts';
import type { CountedMessages } from '@parley/core/sync/load-counted';
import type { InboxMarks } from '@parley/core/sync/load-inbox-marks';
import { InboxDoubt } from './inbox-doubt.js';
import { InboxLedger, type InboxSnapshot } from './inbox-ledger.js';

/** How a reader tells the hub which rooms it counts, and gets the event that follows each snapshot. */
export interface RoomWatcher {
  afterSnapshot(): InboxEvent;
  watch(roomIds: string[]): void;
  unwatch(roomId: string): void;
}

/** If more events than this wait for a reader, a snapshot replaces them. */
const maxQueued = 1_000;

/** One subscription to the inbox: a snapshot first, then what changes, counters coalesced. */
export class InboxReader {
  readonly userId: string;
  readonly #coalesceMs: number;
  readonly #rooms: RoomWatcher;
  readonly #ledger: InboxLedger;
  /** Rooms whose changed counters the reader has not been told yet. */
  readonly #changed = new Set<string>();
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
    this.#ledger = new InboxLedger(userId);
    this.#coalesceMs = coalesceMs;
    this.#rooms = rooms;
  }

  /** Takes an event that the bus carries for this person. */
  receive(event: InboxEvent): void {
    if (this.#closed) return;
    // Nobody knows whether the snapshot being read includes this event, so the reader needs another snapshot.
    if (this.#loading && event.type !== 'privateReply' && event.type !== 'privateReplyDismissed' && event.type !== 'server')
      this.#snapshotDue = true;
    switch (event.type) {
      case 'counters':
        // Counters of a room that was left meanwhile, or is not listed yet, are dropped: the list comes first.
        if (this.#ledger.merge(event)) this.#noteChanged(event.roomId);
        return;
      case 'mention':
        if (this.#ledger.addMention(event.roomId)) this.#noteChanged(event.roomId);
        return this.#push(event);
      case 'room':
        this.#follow(event);
        return this.#push(event);
      case 'privateReply':
        return this.#pushPrivate(event);
      case 'privateReplyDismissed':
        this.#ledger.forgetWriting(event.id);
        return this.#push(event);
      case 'server':
      case 'snapshot':
        return this.#push(event);
    }
  }

  noteHead(roomId: string, { seq, read, room }: RoomHeadPayload): void {
    if (!this.#ledger.isListed(roomId)) return;
    if (read?.userId === this.userId && this.#ledger.noteRead(roomId, read.seq)) {
      // The snapshot being read may be older than this, as in `receive`.
      if (this.#loading) this.#snapshotDue = true;
      this.#noteChanged(roomId);
    }
    if (this.#ledger.noteHeard(roomId, seq)) this.#noteChanged(roomId);
    if (!room) return;
    // The room's name or other settings changed. The head carries these, equal for all who count the room; the ledger knows the reader's
    // own part.
    if (this.#loading) this.#snapshotDue = true;
    const event = this.#ledger.noteRoom(room);
    if (event) this.#push(event);
  }

  /** Where this person has read up to in a room; null if the room is not listed. */
  readUpTo(roomId: string): number | null {
    return this.#ledger.readUpTo(roomId);
  }

  noteCounted(roomId: string, counted: CountedMessages): void {
    if (this.#ledger.noteCounted(roomId, counted)) this.#noteChanged(roomId);
  }

  /** The room no longer has messages beyond `seq`. A snapshot must follow, because nobody knows what else the restored database changed. */
  goBack(roomId: string, seq: number): void {
    this.#ledger.goBack(roomId, seq);
  }

  /**
   * Compares the totals of this person's inbox in the database with what the reader was told. If they differ though nothing changed
   * since the last comparison, an event was lost, and a snapshot brings it. A snapshot that changed nothing is not repeated.
   */
  compare(marks: InboxMarks): void {
    if (this.#loading || this.#snapshotDue || this.#closed) return;
    if (this.#doubt.isFounded(marks, this.#ledger.marks)) this.requestSnapshot();
  }

  requestSnapshot(): void {
    this.#snapshotDue = true;
    this.#wake?.();
  }

  /** Yields what `load` reads, then each event, and calls `load` again after every gap. Ends when `signal` aborts. */
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
    for (const roomId of this.#ledger.roomIds) this.#rooms.unwatch(roomId);
    this.#ledger.clear();
    this.onClose?.();
    this.#wake?.();
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
    const { added, gone, ahead } = this.#ledger.restart(snapshot);
    for (const roomId of ahead) this.#noteChanged(roomId);
    for (const roomId of gone) this.#rooms.unwatch(roomId);
    // Events that came while the snapshot was read are newer than the snapshot.
    for (const event of this.#queue) {
      if (event.type === 'privateReply') this.#ledger.noteWriting(event.reply);
      else if (event.type === 'privateReplyDismissed') this.#ledger.forgetWriting(event.id);
    }
    this.#dropPrivateOfOthers();
    if (added.length > 0) this.#rooms.watch(added);
  }

  /** Drops queued events of private replies in rooms that are not listed. */
  #dropPrivateOfOthers(): void {
    this.#queue = this.#queue.filter((event) => event.type !== 'privateReply' || this.#ledger.isListed(event.reply.roomId));
    this.#ledger.forgetWritingElsewhere();
  }

  #follow(event: Extract<InboxEvent, { type: 'room' }>): void {
    const { id: roomId } = event.room;
    const change = this.#ledger.follow(event);
    if (!event.mine) this.#dropPrivateOfOthers();
    if (change === 'gone') this.#rooms.unwatch(roomId);
    if (change === 'added') this.#rooms.watch([roomId]);
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
    const event = this.#ledger.countersOf(roomId);
    if (event) this.#push(event);
  }

  #pushPrivate(event: Extract<InboxEvent, { type: 'privateReply' }>): void {
    const { id, roomId } = event.reply;
    // A person who left a room sees no more of it, not even a reply being written. While the list is read, the list decides.
    if (!this.#loading && !this.#ledger.isListed(roomId)) return;
    this.#ledger.noteWriting(event.reply);
    // Each event holds the reply's whole text, so a slow reader needs only the latest one.
    this.#queue = this.#queue.filter((earlier) => earlier.type !== 'privateReply' || earlier.reply.id !== id);
    this.#push(event);
  }

  #push(event: InboxEvent): void {
    this.#queue.push(event);
    // A reader that does not keep up gets a snapshot instead of a growing queue.
    if (this.#queue.length > maxQueued) {
      this.#queue = [];
      this.#snapshotDue = true;
    }
    this.#wake?.();
  }
}
