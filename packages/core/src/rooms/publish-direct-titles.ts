import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import { mine, roomView } from '../protocol/presenters.js';
import { publishInbox } from '../protocol/publish-membership.js';
import { mineJson, roomJson, type MineRow, type RoomRow } from '../protocol/room-rows.js';

/** A person may have a direct room with each other person. */
const roomsPerStatement = 200;

/**
 * Tells the inbox of the other side of each direct room that the room has another title now.
 *
 * @param roomIds rooms of the person or character whose name changed; those that are not direct are left out
 * @param exceptUserId the person whose name changed; null for a character
 */
export async function publishDirectTitles(deps: CoreDeps, roomIds: readonly string[], exceptUserId: string | null): Promise<void> {
  for (let from = 0; from < roomIds.length; from += roomsPerStatement) {
    await publishSome(deps, roomIds.slice(from, from + roomsPerStatement), exceptUserId);
  }
}

async function publishSome(deps: CoreDeps, roomIds: readonly string[], exceptUserId: string | null): Promise<void> {
  const rows = await deps.db.$queryRaw<{ userId: string; room: RoomRow; mine: MineRow }[]>(Prisma.sql`
    select m.user_id as "userId", ${roomJson('r')} as room, ${mineJson('m', 'c', 'r')} as mine
    from rooms r join room_counters c on c.room_id = r.id join room_members m on m.room_id = r.id
    where r.id = any(${[...roomIds]}::uuid[]) and r.visibility = 'direct' and m.left_rev is null
      and m.user_id is distinct from ${exceptUserId}::uuid`);
  for (const row of rows) publishInbox(deps, row.userId, { type: 'room', room: roomView(row.room), mine: mine(row.mine) });
}
