import type { InboxEvent, Mine, PrivateReply, RoomView } from '@parley/contracts';
import type { CountedMessages } from '@parley/core/sync/load-counted';
import type { InboxMarks } from '@parley/core/sync/load-inbox-marks';

export type InboxSnapshot = Extract<InboxEvent, { type: 'snapshot' }>;

/** A room as the reader was last told of it. Its counters stand apart, because they are told apart. */
interface Listed {
  rev: number;
  mine: Mine;
  counters: { lastSeq: number; lastReadSeq: number; unread: number; mentions: number };
  /** The last messages that count, as far as `counters.lastSeq`; null until they were read once. */
  counted: CountedMessages['messages'] | null;
  /** The room's last seq that the bus told of. Messages up to there may not be counted yet. */
  heardSeq: number;
  /** The counters that the reader was told last. */
  told: string;
}

/** What one reader of an inbox has been told so far: its rooms, what is unread in them, its private replies being written. */
export class InboxLedger {
  readonly #userId: string;
  readonly #rooms = new Map<string, Listed>();
  /** Room id of each private reply being written, by the reply's id. */
  readonly #writing = new Map<string, string>();
  /** Ids of the rooms to which the reader is invited. */
  #invitedTo = new Set<string>();

  constructor(userId: string) {
    this.#userId = userId;
  }

  get roomIds(): string[] {
    return [...this.#rooms.keys()];
  }

  /** The totals of the ledger, to compare with those of the database. */
  get marks(): InboxMarks {
    const [writing, invitations] = [this.#writing.size, this.#invitedTo.size];
    const marks = { rooms: this.#rooms.size, muted: 0, read: 0, mentions: 0, writing, invitations };
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
      const known = this.#rooms.get(room.id);
      const listed = listedAs(room.rev, mine);
      this.#rooms.set(room.id, listed);
      if (!known || known.counters.lastSeq <= mine.lastSeq) continue;
      listed.counters.lastSeq = known.counters.lastSeq;
      listed.counted = known.counted;
      this.#count(listed);
      ahead.push(room.id);
    }
    for (const roomId of gone) this.#rooms.delete(roomId);
    this.#writing.clear();
    for (const reply of snapshot.privateReplies) this.noteWriting(reply);
    this.#invitedTo = new Set(snapshot.invitations?.map(({ roomId }) => roomId));
    return { added, gone: [...gone], ahead };
  }

  /**
   * Applies that the person joined a room, that it changed, or that they left it (`mine: null`). @returns what the hub must do about the
   * room's counters
   */
  follow({ room: { id: roomId, rev }, mine }: Extract<InboxEvent, { type: 'room' }>): 'added' | 'gone' | 'known' {
    if (!mine) return this.#rooms.delete(roomId) ? 'gone' : 'known';
    const known = this.#rooms.has(roomId);
    this.#invitedTo.delete(roomId);
    this.#rooms.set(roomId, listedAs(rev, mine));
    return known ? 'known' : 'added';
  }

  /** Merges counters as another instance had them; the seqs never go back. @returns false for a room that is not listed */
  merge({ roomId, lastSeq, lastReadSeq, unread, mentions }: Extract<InboxEvent, { type: 'counters' }>): boolean {
    const known = this.#rooms.get(roomId);
    if (!known) return false;
    const { counters } = known;
    const isNewer = lastSeq >= counters.lastSeq && lastReadSeq >= counters.lastReadSeq;
    counters.lastSeq = Math.max(lastSeq, counters.lastSeq);
    counters.lastReadSeq = Math.max(lastReadSeq, counters.lastReadSeq);
    counters.mentions = mentions;
    if (isNewer) counters.unread = unread;
    else this.#count(known);
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
    const known = this.#rooms.get(roomId);
    if (!known || seq <= known.counters.lastReadSeq) return false;
    if (seq > known.counters.lastSeq) known.counters.mentions = 0;
    known.counters.lastReadSeq = seq;
    known.counters.lastSeq = Math.max(known.counters.lastSeq, seq);
    this.#count(known);
    return true;
  }

  /** The bus told of messages up to `seq`, which are yet to be counted. @returns false if the ledger knew that, or does not list the room */
  noteHeard(roomId: string, seq: number): boolean {
    const known = this.#rooms.get(roomId);
    if (!known || seq <= known.heardSeq) return false;
    known.heardSeq = seq;
    return true;
  }

  /** Where the reader has read up to; null if the room is not listed. */
  readUpTo(roomId: string): number | null {
    return this.#rooms.get(roomId)?.counters.lastReadSeq ?? null;
  }

  /** These are the room's last messages that count. @returns false if that changes no counter, or the room is not listed */
  noteCounted(roomId: string, { seq, messages }: CountedMessages): boolean {
    const known = this.#rooms.get(roomId);
    if (!known || seq < known.counters.lastSeq) return false;
    const before = { ...known.counters };
    known.counted = messages;
    known.counters.lastSeq = seq;
    this.#count(known);
    return before.lastSeq !== seq || before.unread !== known.counters.unread;
  }

  /** The room no longer has messages beyond `seq`. */
  goBack(roomId: string, seq: number): void {
    const counters = this.#rooms.get(roomId)?.counters;
    if (!counters) return;
    counters.lastSeq = Math.min(counters.lastSeq, seq);
    counters.unread = Math.min(counters.unread, Math.max(0, counters.lastSeq - counters.lastReadSeq));
  }

  /**
   * A room's name or other settings changed. @returns the event to tell; null if the ledger knows that already, or does not list the
   * room
   */
  noteRoom(room: RoomView): InboxEvent | null {
    const listed = this.#rooms.get(room.id);
    if (!listed || room.rev <= listed.rev) return null;
    listed.rev = room.rev;
    return {
      type: 'room',
      room,
      mine: { ...listed.mine, ...listed.counters, lastSeq: Math.max(listed.counters.lastSeq, listed.heardSeq) },
    };
  }

  /** The event with a room's counters; null if the reader was told these last, or the room is not listed. */
  countersOf(roomId: string): InboxEvent | null {
    const known = this.#rooms.get(roomId);
    if (!known) return null;
    const { counters, heardSeq } = known;
    const { lastSeq, lastReadSeq, unread } = counters;
    // A mention and the event that it was read may arrive in either order, so there are never more mentions than unread messages. While
    // messages are yet to be counted, the mention may be in one of them.
    const mentions = Math.min(counters.mentions, unread);
    if (heardSeq <= lastSeq) counters.mentions = mentions;
    const told = `${lastSeq} ${lastReadSeq} ${unread} ${mentions}`;
    if (told === known.told) return null;
    known.told = told;
    return { type: 'counters', roomId, lastSeq, lastReadSeq, unread, mentions };
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

  /** Counts anew what is unread. Without the messages at hand there can only be fewer than before. */
  #count({ counters, counted }: Listed): void {
    const { lastSeq, lastReadSeq } = counters;
    counters.unread = counted
      ? counted.filter(({ seq, authorId }) => seq > lastReadSeq && authorId !== this.#userId).length
      : Math.min(counters.unread, Math.max(0, lastSeq - lastReadSeq));
  }

  clear(): void {
    this.#rooms.clear();
    this.#writing.clear();
    this.#invitedTo.clear();
  }
}

function listedAs(rev: number, mine: Mine): Listed {
  const { lastSeq, lastReadSeq, unread, mentions } = mine;
  return {
    rev,
    mine,
    counters: { lastSeq, lastReadSeq, unread, mentions },
    counted: null,
    heardSeq: lastSeq,
    told: `${lastSeq} ${lastReadSeq} ${unread} ${mentions}`,
  };
}
