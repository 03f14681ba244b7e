import { maxMembersPerPage, type RoomDetails } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import { StaleMembershipError, type AuthorizedRoom } from '../access/authorized-room.js';
import { memberView, mine, roomCharacterView, roomView } from '../protocol/presenters.js';
import {
  mineJson,
  roomCharacterJson,
  roomJson,
  type MemberRow,
  type MineRow,
  type RoomCharacterRow,
  type RoomRow,
} from '../protocol/room-rows.js';
import { memberPage, splitPage } from './member-page.js';

interface DetailsRow {
  room: RoomRow;
  mine: MineRow;
  members: MemberRow[];
  characters: RoomCharacterRow[];
  rev: number;
}

/**
 * The room with those in it, in one snapshot: all characters, and the first page of members. {@link memberPage} says in which order, and
 * `listMembers` has the others.
 *
 * @throws StaleMembershipError if the actor is no longer a member
 */
export async function getRoom(deps: Pick<CoreDeps, 'db'>, room: AuthorizedRoom): Promise<RoomDetails> {
  const [row] = await deps.db.$queryRaw<DetailsRow[]>(Prisma.sql`
    select ${roomJson('r')} as room, ${mineJson('own', 'c', 'r')} as mine, c.last_rev as rev,
      ${memberPage(Prisma.sql`r.id`, maxMembersPerPage)} as members,
      (select coalesce(json_agg(${roomCharacterJson('rc', 'ch')} order by rc.joined_at, rc.character_id), '[]')
        from room_characters rc join characters ch on ch.id = rc.character_id
        where rc.room_id = r.id and rc.left_rev is null) as characters
    from rooms r join room_counters c on c.room_id = r.id
      join room_members own on own.room_id = r.id and own.user_id = ${room.actor.userId}::uuid and own.left_rev is null
    where r.id = ${room.roomId}::uuid`);
  if (!row) throw new StaleMembershipError();
  const { rows: members, next } = splitPage(row.members, maxMembersPerPage);
  return {
    room: roomView(row.room),
    mine: mine(row.mine),
    members: members.map(memberView),
    nextMembers: next,
    characters: row.characters.map(roomCharacterView),
    rev: row.rev,
  };
}
