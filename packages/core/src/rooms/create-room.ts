import type { RoomView } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { v7 as uuidv7 } from 'uuid';
import { activeActor } from '../sessions/active-actor.js';
import type { Actor } from '../sessions/actor.js';
import { refuseInactive } from '../sessions/load-actor.js';
import type { CoreDeps } from '../deps.js';
import { insertCounter } from '../protocol/counter-statements.js';
import { insertEntries, insertMembers } from '../protocol/member-statements.js';
import { mine, roomView } from '../protocol/presenters.js';
import { publishMembership } from '../protocol/publish-membership.js';
import { roomJson, type RoomRow } from '../protocol/room-rows.js';
import { insertRoom } from './room-statements.js';

export interface CreateRoomInput {
  name: string;
  topic: string;
  visibility: 'public' | 'private';
}

/**
 * Makes a room with the actor as its owner and the assistant in it. The room takes rev 1, its owner rev 2, the assistant rev 3.
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
    room as (${insertRoom(
      {
        id: Prisma.sql`${uuidv7()}::uuid`,
        name: Prisma.sql`${input.name}`,
        topic: Prisma.sql`${input.topic}`,
        visibility: Prisma.sql`${input.visibility}`,
        memberCount: Prisma.sql`1`,
        createdBy: Prisma.sql`actor.id`,
      },
      Prisma.sql`actor`,
    )}),
    counter as (${insertCounter(
      { room: Prisma.sql`room.id`, lastSeq: Prisma.sql`0`, lastRev: Prisma.sql`head.rev` },
      Prisma.sql`room cross join (select coalesce(max(rev), 2) as rev from assistant) head`,
    )}),
    member as (${insertMembers(
      {
        room: Prisma.sql`room.id`,
        user: Prisma.sql`actor.id`,
        role: Prisma.sql`'owner'`,
        rev: Prisma.sql`2`,
        lastReadSeq: Prisma.sql`0`,
      },
      Prisma.sql`room cross join actor`,
    )}),
    entry as (${insertEntries(
      { room: Prisma.sql`room.id`, character: Prisma.sql`assistant.id`, rev: Prisma.sql`assistant.rev` },
      Prisma.sql`room cross join assistant`,
    )})
    select ${roomJson('room')} as room from room`);
  if (!row) return await refuseInactive(deps, actor);
  const room = roomView(row.room);
  publishMembership(
    deps,
    actor.userId,
    room,
    mine({ role: 'owner', lastReadSeq: 0, lastSeq: 0, unread: 0, mentions: 0, muted: false, direct: null }),
  );
  return room;
}
