import { AppError, type RoomView } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { maySql } from '../access/decision-sql.js';
import { StaleMembershipError } from '../access/authorized-room.js';
import { auditEntries } from '../audit/audit-statements.js';
import type { CoreDeps } from '../deps.js';
import { roomView } from '../protocol/presenters.js';
import { roomJson, type RoomRow } from '../protocol/room-rows.js';
import type { Actor } from '../sessions/actor.js';
import { loadActor } from '../sessions/load-actor.js';
import { enter } from './join-room.js';
import { giveRole } from './set-role.js';

/** Condition: nobody who is there owns the room. */
function orphan(roomId: string): Prisma.Sql {
  return Prisma.sql`not exists (select 1 from room_members o where o.room_id = ${roomId}::uuid and o.role = 'owner' and o.left_rev is null)`;
}

/**
 * Makes an admin of the server an owner of a room that nobody owns any more. They enter it as anyone does, which the room sees.
 *
 * @throws AppError CONFLICT for a room that somebody owns; ROOM_NOT_FOUND, also for a direct room; FORBIDDEN, SESSION_REVOKED, ACCOUNT_DISABLED
 */
export async function takeOverRoom(deps: CoreDeps, actor: Actor, { roomId }: { roomId: string }): Promise<RoomView> {
  const { role } = await loadActor(deps, actor.userId, actor.sessionId);
  if (role !== 'admin') throw new AppError('FORBIDDEN', 'Only an admin of this server can do that.');
  const [found] = await deps.db.$queryRaw<{ room: RoomRow; orphan: boolean; member: boolean }[]>(Prisma.sql`
    select ${roomJson('r')} as room, ${orphan(roomId)} as orphan,
      exists (select 1 from room_members m where m.room_id = r.id and m.user_id = ${actor.userId}::uuid and m.left_rev is null) as member
    from rooms r where r.id = ${roomId}::uuid and r.visibility <> 'direct'`);
  if (!found) throw new AppError('ROOM_NOT_FOUND');
  if (!found.orphan) throw new AppError('CONFLICT', 'Somebody owns this room. Ask an owner of it.');
  const allowed = Prisma.sql`and ${orphan(roomId)}
    and exists (select 1 from users a where a.id = ${actor.userId}::uuid and ${maySql('admin.takeOver', Prisma.sql`a.is_admin`)})`;
  if (found.member) {
    const { member } = await giveRole(
      deps,
      { actor, roomId, membersRev: null, may: allowed, event: 'room.taken' },
      { username: actor.username, role: 'owner' },
    );
    if (!member) throw changed();
    return roomView(found.room);
  }
  try {
    return await enter(deps, actor, roomId, {
      membersRev: null,
      guard: allowed,
      role: 'owner',
      audited: Prisma.sql`, audited as (${auditEntries(
        { event: 'room.taken', by: actor, subject: { kind: 'room', id: roomId, name: found.room.name }, roomId },
        Prisma.sql`member`,
      )})`,
    });
  } catch (error) {
    throw error instanceof StaleMembershipError ? changed() : error;
  }
}

function changed(): AppError {
  return new AppError('CONFLICT', 'The room changed at the same moment. Look at it again.');
}
