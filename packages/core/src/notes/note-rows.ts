import type { NoteView, UserView } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { toIso, type Instant } from '../protocol/instant.js';
import { nobodysAvatar } from '../protocol/nobodys-avatar.js';
import { userJson } from '../protocol/room-rows.js';

/** A note as {@link noteJson} gives it. */
export interface NoteRow {
  id: string;
  roomId: string;
  number: number;
  text: string;
  author: UserView | null;
  authorName: string | null;
  authorHandle: string | null;
  editor: UserView | null;
  source: { messageId: string; seq: number; deleted: boolean; hidden: boolean } | null;
  kept: boolean;
  createdAt: Instant;
  updatedAt: Instant;
  rev: number;
}

/** A note as one JSON column. @param note alias of `room_notes`, or of anything with its columns; always a literal */
export function noteJson(note: string): Prisma.Sql {
  const column = (name: string) => Prisma.raw(`${note}.${name}`);
  return Prisma.sql`json_build_object(
    'id', ${column('id')}, 'roomId', ${column('room_id')}, 'number', ${column('number')}, 'text', ${column('text')},
    'author', (select ${userJson('writer')} from users writer where writer.id = ${column('author_id')}),
    'authorName', ${column('author_name')}, 'authorHandle', ${column('author_handle')},
    'editor', (select ${userJson('editor')} from users editor where editor.id = ${column('editor_id')}),
    'source', (select json_build_object('messageId', s.id, 'seq', s.seq, 'deleted', s.deleted_at is not null, 'hidden', s.hidden_from_ai)
      from messages s where s.id = ${column('source_id')}),
    'kept', ${column('kept')}, 'createdAt', ${column('created_at')}, 'updatedAt', ${column('updated_at')}, 'rev', ${column('rev')})`;
}

export function noteView(row: NoteRow): NoteView {
  const { id, roomId, number, text, author, authorName, authorHandle, editor, source, kept, createdAt, updatedAt, rev } = row;
  return {
    id,
    roomId,
    number,
    text,
    author: author
      ? { id: author.id, name: author.displayName, handle: author.username, avatar: author.avatar }
      : { id: null, name: authorName ?? '', handle: authorHandle ?? '', avatar: nobodysAvatar },
    editor,
    source: source && {
      messageId: source.messageId,
      seq: source.seq,
      state: source.deleted ? 'deleted' : source.hidden ? 'hiddenFromAi' : 'there',
    },
    toldToAi: kept || !(source?.deleted || source?.hidden),
    createdAt: toIso(createdAt),
    updatedAt: toIso(updatedAt),
    rev,
  };
}
