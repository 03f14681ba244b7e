import {
  DeltaReassembler,
  isDurable,
  isInProgress,
  revOfEventId,
  type MessageView,
  type RoomEvent,
  type Snapshot,
} from '@parley/contracts';
import type { ParleyClient } from '@parley/client/trpc';

type RoomDetail = Awaited<ReturnType<ParleyClient['trpc']['rooms']['get']['query']>>;

/** A message someone sent, and what became of it as they saw it. */
export interface SendRecord {
  clientId: string;
  userId: string;
  roomId: string;
  content: string;
  /** The server's answer. Null: none came, so it may be there or not. */
  acknowledged: { messageId: string; seq: number } | null;
  /** The code it was refused with for good. */
  refused: string | null;
  /** How often the message was sent. */
  tries: number;
  /** When it was first sent, as `performance.now()` has it. */
  begunAt: number;
  /** When its answer came; null before. */
  endedAt: number | null;
}

/** A room as somebody has it. */
export interface RoomPicture {
  room: RoomDetail['room'];
  members: RoomDetail['members'];
  characters: RoomDetail['characters'];
  messages: MessageView[];
}

/** A message as PostgreSQL has it. */
export type StoredMessage = Pick<
  MessageView,
  'id' | 'seq' | 'rev' | 'kind' | 'content' | 'status' | 'attempt' | 'clientId' | 'editedAt' | 'deletedAt' | 'replyTo'
> & {
  authorId: string | null;
  /** The attempt whose text it shows: an earlier one where somebody chose that. */
  shown: number;
  /** Texts of other attempts, if it is a reply. */
  versions: { attempt: number; status: string; content: string }[];
};

/** A room as PostgreSQL has it, and as a fresh fetch shows it. */
export interface RoomTruth {
  roomId: string;
  lastSeq: number;
  lastRev: number;
  messages: StoredMessage[];
  /** The revs of all rows of the room: messages, members, characters, the room. */
  revs: number[];
  /** Ids of replies whose job is not done. */
  openJobs: string[];
  fresh: RoomPicture;
}

/** An event as a reader saw it. */
export interface Seen {
  /** Counts `hello`s: each begins a connection, or a resumption on one. */
  segment: number;
  eventId: string;
  event: RoomEvent;
}

/** The text a reader had of a reply when its end came. */
export interface TextRead {
  messageId: string;
  attempt: number;
  text: string;
}

/** What one reader of one room saw, from first to last. */
export class ReaderRecord {
  readonly reader: string;
  readonly roomId: string;
  readonly seen: Seen[] = [];
  readonly texts: TextRead[] = [];
  /** The messages as the last events have them. */
  readonly messages = new Map<string, MessageView>();
  /** By reply: the attempts of which the reader was given text. */
  readonly attempts = new Map<string, Set<number>>();
  /** Who is here, as the reader was last told. */
  online: readonly string[] = [];
  /** The room as the reader had it in the end; null for a reader that was gone by then. */
  final: RoomPicture | null = null;
  readonly #reassembler = new DeltaReassembler();
  #segment = -1;

  constructor(reader: string, roomId: string) {
    this.reader = reader;
    this.roomId = roomId;
  }

  /** How often the reader was told `hello`. */
  get connections(): number {
    return this.#segment + 1;
  }

  add(eventId: string, event: RoomEvent): void {
    if (event.type === 'hello') {
      this.#segment++;
      for (const reply of event.replies) this.#noteSnapshot(reply);
    } else if (event.type === 'delta') {
      this.#noteAttempt(event);
      this.#reassembler.applyDelta(event);
    } else if (event.type === 'snapshot') this.#noteSnapshot(event);
    else if (event.type === 'message') this.#noteMessage(event.message);
    else if (event.type === 'presence') this.online = event.online ?? [];
    this.seen.push({ segment: this.#segment, eventId, event });
  }

  /** The text of a reply in progress so far. */
  textOf(messageId: string): TextRead | undefined {
    const known = this.#reassembler.get(messageId);
    return known && { messageId, attempt: known.attempt, text: known.text };
  }

  /** The texts of all replies in progress. */
  *textsNow(): Generator<TextRead> {
    for (const { messageId, attempt, text } of this.#reassembler.inProgress()) if (text !== '') yield { messageId, attempt, text };
  }

  #noteSnapshot(snapshot: Snapshot): void {
    if (snapshot.text !== '') this.#noteAttempt(snapshot);
    this.#reassembler.applySnapshot(snapshot);
  }

  #noteAttempt({ messageId, attempt }: { messageId: string; attempt: number }): void {
    this.attempts.set(messageId, (this.attempts.get(messageId) ?? new Set()).add(attempt));
  }

  #noteMessage(message: MessageView): void {
    const { id, kind, status, attempt, deletedAt } = message;
    this.messages.set(id, message);
    if (kind !== 'reply') return;
    if (isInProgress(status) && !deletedAt) return this.#reassembler.startAttempt(id, attempt);
    const known = this.textOf(id);
    if (known) this.texts.push(known);
    this.#reassembler.seal(id, attempt);
  }
}

/** What a reader saw of a room whose surface gives it something else than events, and judges by that surface's own promises. */
export interface OtherRecord {
  readonly roomId: string;
  /** The promises that were broken, in words. */
  violations(truth: RoomTruth): Iterable<string>;
}

/** Everything that everyone did and saw. */
export class History {
  readonly sends: SendRecord[] = [];
  readonly readers: ReaderRecord[] = [];
  readonly others: OtherRecord[] = [];

  sent(record: Pick<SendRecord, 'clientId' | 'userId' | 'roomId' | 'content'>): SendRecord {
    const made: SendRecord = { ...record, acknowledged: null, refused: null, tries: 0, begunAt: performance.now(), endedAt: null };
    this.sends.push(made);
    return made;
  }

  reader(name: string, roomId: string): ReaderRecord {
    const record = new ReaderRecord(name, roomId);
    this.readers.push(record);
    return record;
  }
}

/** The state that events alone lead to, for a reader that has seen all of a room's (`after: 0`). */
export function foldEvents(seen: readonly Seen[]): RoomPicture | null {
  let room: RoomPicture['room'] | null = null;
  const members = new Map<string, RoomPicture['members'][number] | null>();
  const characters = new Map<string, RoomPicture['characters'][number] | null>();
  const messages = new Map<string, MessageView>();
  for (const { event } of seen) {
    if (!isDurable(event)) continue;
    if (event.type === 'room') room = event.room;
    else if (event.type === 'message') messages.set(event.message.id, event.message);
    else if (event.type === 'member') members.set(event.member.user.id, event.left ? null : event.member);
    else characters.set(event.character.character.id, event.left ? null : event.character);
  }
  if (!room) return null;
  return {
    room,
    members: [...members.values()].filter((row) => row !== null),
    characters: [...characters.values()].filter((row) => row !== null),
    messages: [...messages.values()].sort((a, b) => a.seq - b.seq),
  };
}

/** The position a segment resumed from, as its `hello` says. */
export function resumedFrom({ eventId }: Seen): number {
  return revOfEventId(eventId) ?? 0;
}

/**
 * What an attempt at a reply said, as it is shown or kept; null if nothing is kept of it. A reply that was to be written again, and was
 * stopped before anybody began, shows nothing under the number of the attempt before, whose text is kept.
 */
export function textOfAttempt(
  { shown, status, content, versions }: StoredMessage,
  attempt: number,
): { status: string | null; content: string } | null {
  const version = versions.find((each) => each.attempt === attempt);
  if (shown === attempt && (content !== '' || !version)) return { status, content };
  return version ? { status: version.status, content: version.content } : null;
}
