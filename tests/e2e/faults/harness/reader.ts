import { pictureDifference } from './checker.js';
import type { History, ReaderRecord, RoomPicture, TextRead, RoomTruth } from './history.js';
import type { Seeded } from './seeded.js';

/** A message as a reader has it now. */
export interface ReadMessage {
  id: string;
  seq: number;
  content: string;
  /** Why an answer ended early. */
  errorCode: string | null;
}

/** Somebody who reads a room over one of the surfaces, and connects again by themselves. What they saw is recorded. */
export interface Reader {
  /** Who reads, and how. */
  readonly name: string;
  /** How often they were let in. */
  connections(): number;
  messages(): Iterable<ReadMessage>;
  /** The text so far of an answer that is being written. */
  textOf(messageId: string): TextRead | undefined;
  /** The answers that are being written, as far as the reader has text of them. */
  texts(): Iterable<TextRead>;
  /** The attempts of an answer that the reader was given text of. */
  attempts(messageId: string): number[];
  /** The ids of who is here; none while nobody said so. */
  online(): readonly string[];
  /** Whether more changed than was replayed, so that the reader was told to fetch the room. */
  resynced(): boolean;
  /** In what the room that they have differs from the room as it is, or null. */
  difference(truth: RoomTruth): string | null | Promise<string | null>;
}

/** A reader who is given the events of the room as they are. */
export interface EventReader extends Reader {
  readonly record: ReaderRecord;
  /** The room as this reader has it now; null before it has it. */
  picture(): Promise<RoomPicture | null>;
}

/** What reads a room over a surface is given. */
export interface ReadingOptions {
  history: History;
  chance: Seeded;
  /** Who reads. */
  name: string;
  url: string;
  roomId: string;
  /** An access token that is good now; null for somebody who is not signed in any more. */
  token(): string | null;
}

export function eventReader(record: ReaderRecord, picture: () => Promise<RoomPicture | null>): EventReader {
  return {
    name: record.reader,
    record,
    picture,
    connections: () => record.connections,
    *messages() {
      for (const { id, seq, content, error } of record.messages.values()) yield { id, seq, content, errorCode: error?.code ?? null };
    },
    textOf: (messageId) => record.textOf(messageId),
    texts: () => record.textsNow(),
    attempts: (messageId) => [...(record.attempts.get(messageId) ?? [])],
    online: () => record.online,
    resynced: () => record.seen.some(({ event }) => event.type === 'resync'),
    async difference({ fresh }) {
      const mine = await picture();
      return mine ? (roughDifference(mine, fresh) ?? pictureDifference(mine, fresh)) : 'it has no room';
    },
  };
}

/** A difference that is cheap to find; most late readers are late by it. */
function roughDifference(one: RoomPicture, other: RoomPicture): string | null {
  const last = ({ messages }: RoomPicture) => messages.reduce((rev, message) => Math.max(rev, message.rev), 0);
  if (one.messages.length !== other.messages.length) return `${one.messages.length} messages for ${other.messages.length}`;
  return last(one) === last(other) ? null : `it is at rev ${last(one)}, and the room at ${last(other)}`;
}
