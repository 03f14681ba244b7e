import { may, roomRoleSchema, roomVisibilitySchema } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { accountOpen } from '../sessions/standing-session.js';

/**
 * Whoever left a room by themselves is not added to it again but invited. The invitation is in their own row of `room_members`, which they
 * left behind: see docs/decisions/0028-who-left-is-invited.md.
 */

/** Visibilities and roles, as `visibility role`, with which a member may add people to a room that is not archived. */
const hosts = roomVisibilitySchema.options.flatMap((visibility) =>
  roomRoleSchema.options
    .filter((role) => may('rooms.addMember', { instanceRole: 'user', room: { role, visibility, archived: false } }))
    .map((role) => `${visibility} ${role}`),
);

/**
 * Condition on a row of `room_members`: an invitation to join again waits for the person. It ends when the person joins or declines, and it
 * does not count while the inviter has not the right to add people: after they left the room, lost their role, or their account was closed.
 *
 * @param member alias of `room_members`, or of anything with its columns; always a literal
 */
export function invited(member: string): Prisma.Sql {
  const m = Prisma.raw(member);
  return Prisma.sql`(${m}.invited_rev = ${m}.left_rev and not ${banned(member)} and exists (
    select 1 from room_members host join users u on u.id = host.user_id join rooms place on place.id = host.room_id
    where host.room_id = ${m}.room_id and host.user_id = ${m}.invited_by and host.left_rev is null and ${accountOpen}
      and place.visibility || ' ' || host.role = any(${hosts}::text[])))`;
}

/** Condition on a row of `room_members`: the person was banned when they last were in the room, and nobody has lifted that. */
export function banned(member: string): Prisma.Sql {
  const m = Prisma.raw(member);
  return Prisma.sql`coalesce(${m}.banned_rev = ${m}.left_rev, false)`;
}

/** Condition on a row of `room_members`: the person left the room by themselves. Whoever was removed, or left before this was kept, did not. */
export function leftAlone(member: string): Prisma.Sql {
  const m = Prisma.raw(member);
  return Prisma.sql`coalesce(${m}.left_rev = ${m}.self_left_rev, false)`;
}
