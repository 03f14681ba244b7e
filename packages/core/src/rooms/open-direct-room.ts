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

/** Who shall be on the other side. */
export type DirectInput = { username: string } | { characterId: string };

interface DirectResult {
  active: boolean;
  otherExists: boolean;
  found: RoomRow | null;
  made: RoomRow | null;
  members: { userId: string; mine: MineRow }[];
}

/**
 * The one room of the actor and another person, or of the actor and a character, made when it is first asked for; once, also
 * when both ask at the same moment: its `direct_key` is unique.
 *
 * It has no name (each side sees the other's) and no one else comes in. Two people are both plain members of theirs; with a
 * character the person owns it and the character answers always, after its greeting if it has one. The assistant is there for commands, as everywhere.
 *
 * @throws AppError USER_NOT_FOUND, CHARACTER_NOT_FOUND, VALIDATION for oneself; SESSION_REVOKED, ACCOUNT_DISABLED; CONFLICT
 */
export async function openDirectRoom(deps: CoreDeps, actor: Actor, input: DirectInput): Promise<RoomView> {
  if ('username' in input && input.username === actor.username) {
    throw new AppError('VALIDATION', 'A direct room needs someone else.', { field: 'username' });
  }
  // A room that another call made meanwhile is in nobody's snapshot but the next one's.
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

/**
 * A new room: the row takes rev 1, its people 2 and perhaps 3, its characters the next, the greeting the last, with seq 1. No
 * counter exists before this statement, so `on conflict` burns no number.
 */
async function findOrMake(deps: CoreDeps, actor: Actor, input: DirectInput): Promise<DirectResult> {
  const other =
    'username' in input
      ? Prisma.sql`
          select u.id, true as is_user, '' as greeting, u.username as handle, u.display_name as name, u.avatar
          from users u cross join actor where u.username = ${input.username} and u.disabled_at is null and u.id <> actor.id
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
    room as (
      insert into rooms (id, name, visibility, direct_key, member_count, created_by, rev)
      select ${uuidv7()}::uuid, '', 'direct', keyed.direct_key, case when other.is_user then 2 else 1 end, actor.id, 1
      from keyed cross join other cross join actor where not exists (select 1 from found)
      on conflict (direct_key) do nothing
      returning *
    ),
    people as (
      select actor.id, case when other.is_user then 'member' else 'owner' end as role, 2 as rev from actor cross join other
      union all
      select other.id, 'member', 3 from other where other.is_user
    ),
    answering as (
      select other.id, 'always' as auto_reply from other where not other.is_user
      union all
      select ch.id, 'mention' from characters ch cross join other where ch.is_assistant and ch.deleted_at is null and ch.id <> other.id
    ),
    entries as (
      select answering.*, (select max(rev) from people) + row_number() over (order by answering.auto_reply, answering.id)::int as rev from answering
    ),
    head as (
      select greatest((select max(rev) from people), (select max(rev) from entries)) + greeted.lines as rev, greeted.lines as seq
      from (select case when other.greeting = '' then 0 else 1 end as lines from other) greeted
    ),
    counter as (
      insert into room_counters (room_id, last_seq, last_rev, members_rev) select room.id, head.seq, head.rev, head.rev from room cross join head
      returning *
    ),
    member as (
      insert into room_members (room_id, user_id, role, rev, last_read_seq)
      select c.room_id, people.id, people.role, people.rev, c.last_seq from counter c cross join people
      returning *
    ),
    entry as (
      insert into room_characters (room_id, character_id, auto_reply, rev)
      select c.room_id, entries.id, entries.auto_reply, entries.rev from counter c cross join entries
      returning character_id
    ),
    greeting as (
      insert into messages (id, room_id, seq, rev, kind, author_type, author_id, author_name, author_handle, author_avatar, content)
      select ${uuidv7()}::uuid, c.room_id, c.last_seq, c.last_rev, 'text', 'character', other.id, other.name, other.handle, other.avatar, other.greeting
      from counter c cross join other where other.greeting <> ''
      returning id
    )
    select exists (select 1 from actor) as active, exists (select 1 from other) as "otherExists",
      (select ${roomJson('found')} from found) as found, (select ${roomJson('room')} from room) as made,
      (select coalesce(json_agg(json_build_object('userId', m.user_id, 'mine', ${mineJson('m', 'c', 'room')})), '[]')
        from member m cross join counter c cross join room) as members`);
  return row!;
}
