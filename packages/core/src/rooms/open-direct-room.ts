import { AppError, type RoomView } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { v7 as uuidv7 } from 'uuid';
import { activeActor } from '../sessions/active-actor.js';
import type { Actor } from '../sessions/actor.js';
import { refuseInactive } from '../sessions/load-actor.js';
import type { CoreDeps } from '../deps.js';
import { mine, roomView } from '../protocol/presenters.js';
import { publishMembership } from '../protocol/publish-membership.js';
import { mineJson, roomJson, type MineRow, type RoomRow } from '../protocol/room-rows.js';
import { answeringIn, makingRoom } from './making-room.js';
import { accountOpen } from '../sessions/standing-session.js';

/** The person or the character on the other side. */
export type DirectInput = { username: string } | { characterId: string };

interface DirectResult {
  active: boolean;
  otherExists: boolean;
  found: RoomRow | null;
  made: RoomRow | null;
  members: { userId: string; mine: MineRow }[];
}

/**
 * Returns the one room of the actor and another person, or of the actor and a character, and makes it when it is first asked for. If
 * both people ask at the same moment, only one room is made: its `direct_key` is unique.
 *
 * The room has no name (each side sees the other's), and nobody else can enter it. Two people are both plain members. With a character,
 * the person is the owner, and the character answers every message, after its greeting if it has one. The assistant is there for
 * commands, as everywhere.
 *
 * @throws AppError USER_NOT_FOUND, CHARACTER_NOT_FOUND, VALIDATION if the actor names themselves; SESSION_REVOKED, ACCOUNT_DISABLED;
 * CONFLICT
 */
export async function openDirectRoom(deps: CoreDeps, actor: Actor, input: DirectInput): Promise<RoomView> {
  if ('username' in input && input.username === actor.username) {
    throw new AppError('VALIDATION', 'A direct room needs someone else.', { field: 'username' });
  }
  // Another call may make the room meanwhile. The snapshot of this statement does not have that room, the next one does: try again.
  for (let attempt = 0; attempt < 3; attempt++) {
    const result = await findOrMake(deps, actor, input);
    if (result.found) return roomView(result.found);
    if (result.made) {
      const room = roomView(result.made);
      for (const member of result.members) publishMembership(deps, member.userId, room, mine(member.mine));
      return room;
    }
    if (!result.active) return await refuseInactive(deps, actor);
    if (!result.otherExists)
      throw 'username' in input ? new AppError('USER_NOT_FOUND', undefined, { field: 'username' }) : new AppError('CHARACTER_NOT_FOUND');
  }
  throw new AppError('CONFLICT');
}

/** Finds the room, or makes it. */
async function findOrMake(deps: Pick<CoreDeps, 'db'>, actor: Actor, input: DirectInput): Promise<DirectResult> {
  const other =
    'username' in input
      ? Prisma.sql`
          select u.id, true as is_user, '' as greeting, u.username as handle, u.display_name as name, u.avatar
          from users u cross join actor where u.username = ${input.username} and ${accountOpen} and u.id <> actor.id
          for share of u`
      : Prisma.sql`
          select ch.id, false as is_user, ch.greeting, ch.handle, ch.name, ch.avatar
          from characters ch cross join actor where ch.id = ${input.characterId}::uuid and ch.deleted_at is null
          for share of ch`;
  const [row] = await deps.db.$queryRaw<DirectResult[]>(Prisma.sql`
    with actor as (${activeActor(actor)}),
    other as (${other}),
    keyed as (
      select least(actor.id, other.id)::text || ':' || greatest(actor.id, other.id)::text as direct_key from actor cross join other
    ),
    found as (select r.* from rooms r join keyed on r.direct_key = keyed.direct_key),
    people as (
      select actor.id, case when other.is_user then 'member' else 'owner' end as role, 2 as rev from actor cross join other
      union all
      select other.id, 'member', 3 from other where other.is_user
    ),
    answering as (${answeringIn(Prisma.sql`(select other.id from other where not other.is_user) other`)}),
    ${makingRoom(
      {
        id: Prisma.sql`${uuidv7()}::uuid`,
        name: Prisma.sql`''`,
        visibility: Prisma.sql`'direct'`,
        directKey: Prisma.sql`keyed.direct_key`,
        createdBy: Prisma.sql`actor.id`,
      },
      Prisma.sql`keyed cross join actor where not exists (select 1 from found)`,
      'other',
    )}
    select exists (select 1 from actor) as active, exists (select 1 from other) as "otherExists",
      (select ${roomJson('found')} from found) as found, (select ${roomJson('room')} from room) as made,
      (select coalesce(json_agg(json_build_object('userId', m.user_id, 'mine', ${mineJson('m', 'c', 'room')})), '[]')
        from member m cross join counter c cross join room) as members`);
  return row!;
}
