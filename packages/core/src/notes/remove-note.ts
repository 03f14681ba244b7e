import { AppError, type NoteView } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { refusalBy, StaleMembershipError, type AuthorizedRoom } from '../access/authorized-room.js';
import type { CoreDeps } from '../deps.js';
import { activeActor } from '../sessions/active-actor.js';
import { announceNotes, notesChange, notesChanged, type NotesChange } from './note-change.js';
import { noteJson, noteView, type NoteRow } from './note-rows.js';

/**
 * Removes a note of a room for good, for any member; in an archived room too.
 *
 * @param input with a `version` only the note of that rev is removed. @default however it is
 * @returns the note as it was
 * @throws AppError NOTE_NOT_FOUND; PRECONDITION_FAILED for a note that was changed since
 * @throws StaleMembershipError
 */
export async function removeNote(
  deps: CoreDeps,
  room: AuthorizedRoom,
  { noteId, version = null }: { noteId: string; version?: number | null | undefined },
): Promise<NoteView> {
  const { actor, roomId } = room;
  const [row] = await deps.db.$queryRaw<(NotesChange & { acts: boolean; before: NoteRow | null })[]>(Prisma.sql`
    with actor as (${activeActor(actor)}),
    found as (
      select n.* from room_notes n cross join actor where n.id = ${noteId}::uuid and n.room_id = ${roomId}::uuid for update of n
    ),
    room as (select r.id from rooms r join found on r.id = found.room_id for no key update of r),
    ${notesChanged(
      room,
      { noteCount: Prisma.sql`greatest(0, r.note_count - 1)` },
      Prisma.sql`room cross join found`,
      Prisma.sql`and (${version}::int is null or found.rev = ${version}::int)`,
    )},
    gone as (delete from room_notes n using counter, found where n.id = found.id)
    select ${notesChange}, exists (select 1 from actor) as acts, (select ${noteJson('found')} from found) as before`);
  if (row?.room && row.before) {
    announceNotes(deps, { room: row.room, seq: row.seq });
    return noteView(row.before);
  }
  if (!row?.acts) throw new StaleMembershipError();
  if (!row.before) throw refusalBy(room, new AppError('NOTE_NOT_FOUND'));
  if (version !== null && row.before.rev !== version)
    throw refusalBy(room, new AppError('PRECONDITION_FAILED', undefined, { field: 'version' }));
  throw new StaleMembershipError();
}
