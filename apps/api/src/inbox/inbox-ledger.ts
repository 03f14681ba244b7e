import type { InboxEvent, Mine, PrivateReply, RoomView } from '@parley/contracts';
import type { InboxMarks } from '@parley/core/sync/load-inbox-marks';

export type InboxSnapshot = Extract<InboxEvent, { type: 'snapshot' }>;

/** A room as the reader was last told of it. Its counters stand apart, because they are told apart. */
interface Listed {
  rev: number;
  mine: Mine;
  counters: { lastSeq: number; lastReadSeq: number; mentions: number };
}

/** What one reader of an inbox has been told so far: its rooms, what is unread in them, its private replies being written. */
export class InboxLedger {
  readonly #rooms = new Map<string, Listed>();
  /** Room id of each private reply being written, by the reply's id. */
  readonly #writing = new Map<string, string>();

  get roomIds(): string[] {
    return [...this.#rooms.keys()];
  }

  /** The totals of the ledger, to compare with those of the database. */
  get marks(): InboxMarks {
    const marks = { rooms: this.#rooms.size, muted: 0, read: 0, mentions: 0, writing: this.#writing.size };
    for (const { mine, counters } of this.#rooms.values()) {
      if (mine.muted) marks.muted++;
      marks.read += counters.lastReadSeq;
      marks.mentions += counters.mentions;
    }
    return marks;
  }

  isListed(roomId: string): boolean {
    return this.#rooms.has(roomId);
  }

  /**
   * Starts again with a snapshot.
   *
   * @returns the rooms that are new, the rooms that are gone, and the rooms of which the bus told more than the snapshot holds
   */
  restart(snapshot: InboxSnapshot): { added: string[]; gone: string[]; ahead: string[] } {
    const gone = new Set(this.#rooms.keys());
    const added: string[] = [];
    const ahead: string[] = [];
    for (const { room, mine } of snapshot.rooms) {
      if (!gone.delete(room.id)) added.push(room.id);
      const { lastReadSeq, mentions } = mine;
      const lastSeq = Math.max(mine.lastSeq, this.#rooms.get(room.id)?.counters.lastSeq ?? 0);
      this.#rooms.set(room.id, { rev: room.rev, mine, counters: { lastSeq, lastReadSeq, mentions } });
      if (lastSeq > mine.lastSeq) ahead.push(room.id);
    }
    for (const roomId of gone) this.#rooms.delete(roomId);
    this.#writing.clear();
    for (const reply of snapshot.privateReplies) this.noteWriting(reply);
    return { added, gone: [...gone], ahead };
  }

  /**
   * Applies that the person joined a room, that it changed, or that they left it (`mine: null`). @returns what the hub must do about the
   * room's counters
   */
  follow({ room: { id: roomId, rev }, mine }: Extract<InboxEvent, { type: 'room' }>): 'added' | 'gone' | 'known' {
    if (!mine) return this.#rooms.delete(roomId) ? 'gone' : 'known';
    const known = this.#rooms.has(roomId);
    const { lastSeq, lastReadSeq, mentions } = mine;
    this.#rooms.set(roomId, { rev, mine, counters: { lastSeq, lastReadSeq, mentions } });
    return known ? 'known' : 'added';
  }

  /** Merges counters as another instance had them; the seqs never go back. @returns false for a room that is not listed */
  merge({ roomId, lastSeq, lastReadSeq, mentions }: Extract<InboxEvent, { type: 'counters' }>): boolean {
    const known = this.#rooms.get(roomId);
    if (!known) return false;
    const { counters } = known;
    known.counters = { lastSeq: Math.max(lastSeq, counters.lastSeq), lastReadSeq: Math.max(lastReadSeq, counters.lastReadSeq), mentions };
    return true;
  }

  /** @returns false for a room that is not listed */
  addMention(roomId: string): boolean {
    const counters = this.#rooms.get(roomId)?.counters;
    if (counters) counters.mentions++;
    return counters !== undefined;
  }

  /** The reader has read up to `seq`. @returns false if the ledger knows that already, or does not list the room */
  noteRead(roomId: string, seq: number): boolean {
    const counters = this.#rooms.get(roomId)?.counters;
    if (!counters || seq <= counters.lastReadSeq) return false;
    if (seq > counters.lastSeq) counters.mentions = 0;
    counters.lastReadSeq = seq;
    return true;
  }

  /** The room has messages up to `seq`. @returns false if the ledger knows that already, or does not list the room */
  noteLast(roomId: string, seq: number): boolean {
    const counters = this.#rooms.get(roomId)?.counters;
    if (!counters || seq <= counters.lastSeq) return false;
    counters.lastSeq = seq;
    return true;
  }

  /** The room no longer has messages beyond `seq`. */
  goBack(roomId: string, seq: number): void {
    const counters = this.#rooms.get(roomId)?.counters;
    if (counters) counters.lastSeq = Math.min(counters.lastSeq, seq);
  }

  /**
   * A room's name or other settings changed. @returns the event to tell; null if the ledger knows that already, or does not list the
   * room
   */
  noteRoom(room: RoomView): InboxEvent | null {
    const listed = this.#rooms.get(room.id);
    if (!listed || room.rev <= listed.rev) return null;
    listed.rev = room.rev;
    return { type: 'room', room, mine: { ...listed.mine, ...listed.counters, unread: unreadOf(listed.counters) } };
  }

  /** The event with a room's counters; null if the room is not listed. */
  countersOf(roomId: string): InboxEvent | null {
    const counters = this.#rooms.get(roomId)?.counters;
    if (!counters) return null;
    const { lastSeq, lastReadSeq } = counters;
    const unread = unreadOf(counters);
    // A mention and the event that it was read may arrive in either order, so there are never more mentions than unread messages.
    counters.mentions = Math.min(counters.mentions, unread);
    return { type: 'counters', roomId, lastSeq, lastReadSeq, unread, mentions: counters.mentions };
  }

  noteWriting({ id, roomId, status }: PrivateReply): void {
    if (status === 'streaming') this.#writing.set(id, roomId);
    else this.#writing.delete(id);
  }

  forgetWriting(id: string): void {
    this.#writing.delete(id);
  }

  /** Forgets private replies in rooms that are not listed: the reader is told nothing of those. */
  forgetWritingElsewhere(): void {
    for (const [id, roomId] of this.#writing) if (!this.#rooms.has(roomId)) this.#writing.delete(id);
  }

  clear(): void {
    this.#rooms.clear();
    this.#writing.clear();
  }
}

function unreadOf({ lastSeq, lastReadSeq }: Listed['counters']): number {
  return Math.max(0, lastSeq - lastReadSeq);
}
