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
import { makingRoom } from './making-room.js';

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
    people as (select actor.id, 'owner' as role, 2 as rev from actor),
    answering as (select ch.id, 'mention' as auto_reply from characters ch where ch.is_assistant and ch.deleted_at is null),
    ${makingRoom(
      {
        id: Prisma.sql`${uuidv7()}::uuid`,
        name: Prisma.sql`${input.name}`,
        topic: Prisma.sql`${input.topic}`,
        visibility: Prisma.sql`${input.visibility}`,
        createdBy: Prisma.sql`actor.id`,
      },
      Prisma.sql`actor`,
    )}
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
