import { Prisma } from '@parley/db';
import type { AuthorizedRoom } from '../access/authorized-room.js';
import type { CoreDeps } from '../deps.js';
import { takeNumbers } from '../protocol/counter-statements.js';
import { roomView } from '../protocol/presenters.js';
import { publishRoomEvents } from '../protocol/publish-room-events.js';
import { roomJson, type RoomRow } from '../protocol/room-rows.js';
import { changeRoomRow, type RoomUpdate } from '../rooms/room-statements.js';

/** What a statement that changes the notes of a room returns of the room; null if nothing was written. */
export interface NotesChange {
  room: RoomRow | null;
  seq: number | null;
}

/**
 * CTEs `counter` and `changed`, after a CTE `room` with the room's locked row: the change takes the room's next rev, and the room's row
 * says that its notes changed, which is how readers hear of it.
 *
 * @param from sources, without the word `from`: where they have no row nothing is written
 */
export function notesChanged(
  { membersRev }: AuthorizedRoom,
  set: Pick<RoomUpdate['set'], 'noteCount' | 'lastNote'>,
  from: Prisma.Sql,
  guard: Prisma.Sql = Prisma.empty,
): Prisma.Sql {
  return Prisma.sql`
    ${takeNumbers({ room: Prisma.sql`room.id`, from, changes: 1, membersRev, guard })},
    changed as (${changeRoomRow({ set: { ...set, notesRev: Prisma.sql`c.last_rev` }, messagesAfter: 0 })})`;
}

/** Columns of {@link NotesChange}. */
export const notesChange = Prisma.sql`
  (select ${roomJson('changed')} from changed) as room, (select last_seq from counter) as seq`;

/** Tells the room's readers that its notes changed. */
export function announceNotes(deps: Pick<CoreDeps, 'bus' | 'log'>, { room, seq }: { room: RoomRow; seq: number | null }): void {
  const view = roomView(room);
  publishRoomEvents(deps, view.id, [{ type: 'room', rev: view.rev, room: view }], { seq: seq ?? 0, rev: view.rev });
}
