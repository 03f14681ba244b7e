import type { RoomView } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { v7 as uuidv7 } from 'uuid';
import { activeActor } from '../sessions/active-actor.js';
import type { Actor } from '../sessions/actor.js';
import { refuseInactive } from '../sessions/load-actor.js';
import type { CoreDeps } from '../deps.js';
import { mine, roomView } from '../protocol/presenters.js';
import { publishMembership } from '../protocol/publish-membership.js';
import { roomJson, type RoomRow } from '../protocol/room-rows.js';

export interface CreateRoomInput {
  name: string;
  topic: string;
  visibility: 'public' | 'private';
}

/**
 * Makes a room with its maker as owner and the assistant in it. The room takes rev 1, its owner rev 2, the assistant rev 3.
 *
 * @throws AppError SESSION_REVOKED, ACCOUNT_DISABLED
 */
export async function createRoom(deps: CoreDeps, actor: Actor, input: CreateRoomInput): Promise<RoomView> {
  const [row] = await deps.db.$queryRaw<{ room: RoomRow }[]>(Prisma.sql`
    with actor as (${activeActor(actor)}),
    assistant as (
      select ch.id, 2 + row_number() over (order by ch.id)::int as rev
      from characters ch where ch.is_assistant and ch.deleted_at is null
    ),
    room as (
      insert into rooms (id, name, topic, visibility, member_count, created_by, rev)
      select ${uuidv7()}::uuid, ${input.name}, ${input.topic}, ${input.visibility}, 1, actor.id, 1 from actor
      returning *
    ),
    counter as (
      insert into room_counters (room_id, last_rev, members_rev)
      select room.id, head.rev, head.rev from room cross join (select coalesce(max(rev), 2) as rev from assistant) head
      returning room_id
    ),
    member as (
      insert into room_members (room_id, user_id, role, rev)
      select room.id, actor.id, 'owner', 2 from room cross join actor
      returning user_id
    ),
    entry as (
      insert into room_characters (room_id, character_id, rev)
      select room.id, assistant.id, assistant.rev from room cross join assistant
      returning character_id
    )
    select ${roomJson('room')} as room from room`);
  if (!row) return await refuseInactive(deps, actor);
  const room = roomView(row.room);
  publishMembership(deps, actor.userId, room, mine({ role: 'owner', lastReadSeq: 0, lastSeq: 0, mentions: 0, muted: false, direct: null }));
  return room;
}
