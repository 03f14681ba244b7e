import type { NoteView } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import type { Actor } from '../sessions/actor.js';
import { noteJson, noteView, type NoteRow } from './note-rows.js';

/** Notes read by one statement. */
const pageSize = 50;

/**
 * A page of the notes whose text is the actor's, in the rooms that they are or were in. A note of theirs that somebody else wrote anew has
 * that person's text, and is none.
 *
 * @param after the id that the page before ended with
 */
export async function listWrittenNotes(
  { db }: Pick<CoreDeps, 'db'>,
  { userId }: Pick<Actor, 'userId'>,
  after: string | null,
): Promise<NoteView[]> {
  const rows = await db.$queryRaw<{ note: NoteRow }[]>(Prisma.sql`
    select ${noteJson('n')} as note from room_members m join room_notes n on n.room_id = m.room_id
    where m.user_id = ${userId}::uuid and coalesce(n.editor_id, n.author_id) = ${userId}::uuid and (${after}::uuid is null or n.id > ${after}::uuid)
    order by n.id limit ${pageSize}::int`);
  return rows.map(({ note }) => noteView(note));
}
