import { Prisma } from '@parley/db';
import { StaleMembershipError, unchanged, type AuthorizedRoom } from '../access/authorized-room.js';
import { ensureMay } from '../access/ensure-may.js';
import { banned } from '../access/room-invitation.js';
import { auditEntries } from '../audit/audit-statements.js';
import type { CoreDeps } from '../deps.js';
import { changeOwn } from '../protocol/member-statements.js';
import { publishToUser } from '../protocol/publish-to-user.js';
import { activeActor } from '../sessions/active-actor.js';
import { personNamed } from './membership-statement.js';

/**
 * Lets a person into the room again who was banned. They are as one who was removed: a public room is open to them, and they may be added.
 * If they are not banned, nothing is written and nobody told.
 *
 * @throws AppError FORBIDDEN for a direct room; StaleMembershipError
 */
export async function unbanMember(deps: CoreDeps, room: AuthorizedRoom, username: string): Promise<void> {
  const { actor, roomId } = room;
  ensureMay(room);
  const [result] = await deps.db.$queryRaw<{ active: boolean; banned: boolean; lifted: string | null }[]>(Prisma.sql`
    with actor as (${activeActor(actor)}),
    person as (${personNamed(username)}),
    existing as (
      select m.user_id from room_members m join person on m.user_id = person.id
      where m.room_id = ${roomId}::uuid and ${banned('m')}
      for no key update of m
    ),
    -- Locked, because this takes no number: what the actor may holds until it is written.
    relied as (
      select existing.user_id from room_counters c cross join existing cross join actor
      where c.room_id = ${roomId}::uuid and c.members_rev = ${room.membersRev}::int
      for no key update of c
    ),
    lifted as (${changeOwn({
      set: { bannedRev: Prisma.sql`null`, bannedBy: Prisma.sql`null`, bannedAt: Prisma.sql`null` },
      from: Prisma.sql`relied`,
      room: Prisma.sql`${roomId}::uuid`,
      user: Prisma.sql`relied.user_id`,
    })}),
    audited as (${auditEntries(
      {
        event: 'member.unbanned',
        by: actor,
        subject: { kind: 'account', id: Prisma.sql`person.id`, name: Prisma.sql`person.username` },
        roomId,
      },
      Prisma.sql`lifted join person on person.id = lifted.user_id`,
    )})
    select exists (select 1 from actor) as active, exists (select 1 from existing) as banned, (select user_id from lifted) as lifted`);
  if (result?.lifted) return publishToUser(deps, result.lifted, { type: 'membership', roomId });
  if (!result?.active || result.banned) throw new StaleMembershipError();
  unchanged(room, null);
}
