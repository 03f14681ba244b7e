import { maxNotesPerRoom, type NoteView } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { AuthorizedRoom } from '../access/authorized-room.js';
import type { CoreDeps } from '../deps.js';
import { noteJson, noteView, type NoteRow } from './note-rows.js';

/** The notes of a room, by their numbers. */
export async function listNotes({ db }: Pick<CoreDeps, 'db'>, { roomId }: AuthorizedRoom): Promise<NoteView[]> {
  const rows = await db.$queryRaw<{ note: NoteRow }[]>(Prisma.sql`
    select ${noteJson('n')} as note from room_notes n where n.room_id = ${roomId}::uuid order by n.number limit ${maxNotesPerRoom}::int`);
  return rows.map(({ note }) => noteView(note));
}
