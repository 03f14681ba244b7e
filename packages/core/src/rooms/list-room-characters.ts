import { maxCharactersPerRoom, type RoomCharacterView } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { AuthorizedRoom } from '../access/authorized-room.js';
import type { CoreDeps } from '../deps.js';
import { roomCharacterView } from '../protocol/presenters.js';
import { roomCharacterJson, type RoomCharacterRow } from '../protocol/room-rows.js';

/** The characters in a room, by when they came. */
export async function listRoomCharacters({ db }: Pick<CoreDeps, 'db'>, { roomId }: AuthorizedRoom): Promise<RoomCharacterView[]> {
  const rows = await db.$queryRaw<{ entry: RoomCharacterRow }[]>(Prisma.sql`
    select ${roomCharacterJson('rc', 'ch')} as entry
    from room_characters rc join characters ch on ch.id = rc.character_id
    where rc.room_id = ${roomId}::uuid and rc.left_rev is null
    order by rc.joined_at, rc.character_id limit ${maxCharactersPerRoom}::int`);
  return rows.map(({ entry }) => roomCharacterView(entry));
}
