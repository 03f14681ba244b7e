import { AppError, maxNotesPerRoom, type NoteView } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { v7 as uuidv7 } from 'uuid';
import { refusalBy, StaleMembershipError, unchanged, type AuthorizedRoom } from '../access/authorized-room.js';
import { ensureMay } from '../access/ensure-may.js';
import type { CoreDeps } from '../deps.js';
import { activeActor } from '../sessions/active-actor.js';
import { announceNotes, notesChange, notesChanged, type NotesChange } from './note-change.js';
import { noteJson, noteView, type NoteRow } from './note-rows.js';

export interface SaveNoteInput {
  /** @default a new note */
  noteId?: string | undefined;
  text: string;
  /** The message that a new note is taken from. @default none */
  messageId?: string | null | undefined;
  /** The note's rev as the caller read it. A new note has none. */
  version?: number | undefined;
}

/**
 * Writes a note of a room, or gives one a new text, for any member. A new text is written over the text that the caller read and over no
 * other; the same text once more changes nothing.
 *
 * @throws AppError NOTE_NOT_FOUND; PRECONDITION_FAILED for a note that was changed since; VALIDATION without a version, or where a note is
 * given another message; MESSAGE_NOT_FOUND, MESSAGE_DELETED for the message; TOO_MANY_NOTES; ROOM_ARCHIVED
 * @throws StaleMembershipError
 */
export async function saveNote(
  deps: CoreDeps,
  room: AuthorizedRoom,
  { noteId, text, messageId, version }: SaveNoteInput,
): Promise<NoteView> {
  ensureMay(room, {}, { archived: 'The room is archived: its notes stay as they are.' });
  if (noteId === undefined) return await writeNote(deps, room, text, messageId ?? null);
  if (version === undefined)
    throw new AppError('VALIDATION', 'Say by `version` which text you read: the `rev` of the note.', { field: 'version' });
  if (messageId != null)
    throw new AppError('VALIDATION', 'A note stays with the message that it was taken from. Leave this out.', { field: 'messageId' });
  return await rewriteNote(deps, room, { noteId, text, version });
}

interface Written extends NotesChange {
  note: NoteRow | null;
}

async function writeNote(deps: CoreDeps, room: AuthorizedRoom, text: string, messageId: string | null): Promise<NoteView> {
  const { actor, roomId } = room;
  const [row] = await deps.db.$queryRaw<
    (Written & { found: boolean; source: 'there' | 'deleted' | null; notes: number | null })[]
  >(Prisma.sql`
    with actor as (${activeActor(actor)}),
    source as (
      select m.id, m.deleted_at is not null as deleted from messages m
      where m.id = ${messageId}::uuid and m.room_id = ${roomId}::uuid and m.kind <> 'system'
    ),
    room as (
      select r.*, actor.id as actor_id, (select source.id from source) as source_id from rooms r cross join actor
      where r.id = ${roomId}::uuid for no key update of r
    ),
    ${notesChanged(
      room,
      { noteCount: Prisma.sql`r.note_count + 1`, lastNote: Prisma.sql`r.last_note + 1` },
      Prisma.sql`room`,
      Prisma.sql`and room.note_count < ${maxNotesPerRoom}::int
        and (${messageId}::uuid is null or exists (select 1 from source where not source.deleted))`,
    )},
    note as (
      insert into room_notes (id, room_id, number, text, author_id, source_id, rev)
      select ${uuidv7()}::uuid, room.id, room.last_note + 1, ${text}::text, room.actor_id, room.source_id, counter.last_rev from counter cross join room
      returning *
    )
    select (select ${noteJson('note')} from note) as note, ${notesChange}, exists (select 1 from room) as found,
      (select case when source.deleted then 'deleted' else 'there' end from source) as source, (select room.note_count from room) as notes`);
  if (row?.note && row.room) {
    announceNotes(deps, { room: row.room, seq: row.seq });
    return noteView(row.note);
  }
  if (!row?.found) throw new StaleMembershipError();
  if (messageId !== null && row.source === null) {
    throw refusalBy(room, new AppError('MESSAGE_NOT_FOUND', 'There is no such message in this room.', { field: 'messageId' }));
  }
  if (row.source === 'deleted') throw refusalBy(room, new AppError('MESSAGE_DELETED', undefined, { field: 'messageId' }));
  if ((row.notes ?? 0) >= maxNotesPerRoom) throw refusalBy(room, new AppError('TOO_MANY_NOTES'));
  throw new StaleMembershipError();
}

async function rewriteNote(
  deps: CoreDeps,
  room: AuthorizedRoom,
  { noteId, text, version }: { noteId: string; text: string; version: number },
): Promise<NoteView> {
  const { actor, roomId } = room;
  const [row] = await deps.db.$queryRaw<(Written & { acts: boolean; before: NoteRow | null })[]>(Prisma.sql`
    with actor as (${activeActor(actor)}),
    found as (
      select n.*, actor.id as actor_id from room_notes n cross join actor
      where n.id = ${noteId}::uuid and n.room_id = ${roomId}::uuid for no key update of n
    ),
    room as (select r.id from rooms r join found on r.id = found.room_id for no key update of r),
    ${notesChanged(
      room,
      {},
      Prisma.sql`room cross join found`,
      Prisma.sql`and found.rev = ${version}::int and found.text <> ${text}::text`,
    )},
    note as (
      update room_notes n set text = ${text}::text, editor_id = found.actor_id, rev = counter.last_rev, updated_at = clock_timestamp(),
        kept = exists (select 1 from messages s where s.id = n.source_id and (s.deleted_at is not null or s.hidden_from_ai))
      from counter cross join found where n.id = found.id
      returning n.*
    )
    select (select ${noteJson('note')} from note) as note, ${notesChange}, exists (select 1 from actor) as acts,
      (select ${noteJson('found')} from found) as before`);
  if (row?.note && row.room) {
    announceNotes(deps, { room: row.room, seq: row.seq });
    return noteView(row.note);
  }
  if (!row?.acts) throw new StaleMembershipError();
  if (!row.before) throw refusalBy(room, new AppError('NOTE_NOT_FOUND'));
  if (row.before.text === text) return unchanged(room, noteView(row.before));
  if (row.before.rev !== version) throw refusalBy(room, new AppError('PRECONDITION_FAILED', undefined, { field: 'version' }));
  throw new StaleMembershipError();
}
