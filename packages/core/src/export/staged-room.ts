import type { RoomView } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { v7 as uuidv7 } from 'uuid';
import { activeActor } from '../sessions/active-actor.js';
import type { Actor } from '../sessions/actor.js';
import { refuseInactive } from '../sessions/load-actor.js';
import type { CoreDeps } from '../deps.js';
import { nobodysAvatarJson } from '../protocol/nobodys-avatar.js';
import { mine, roomView } from '../protocol/presenters.js';
import { publishMembership } from '../protocol/publish-membership.js';
import { mineJson, roomJson, type MineRow, type RoomRow } from '../protocol/room-rows.js';
import type { ImportedRow } from './imported-message.js';

/** A room that is being filled: private and without a member, so that nobody finds it by any way until it is opened. */

export async function stageRoom(deps: CoreDeps, actor: Actor, room: { id: string; name: string; topic: string }): Promise<void> {
  const [row] = await deps.db.$queryRaw<object[]>(Prisma.sql`
    with actor as (${activeActor(actor)}),
    room as (
      insert into rooms (id, name, topic, visibility, created_by, rev)
      select ${room.id}::uuid, ${room.name}, ${room.topic}, 'private', actor.id, 1 from actor
      returning id
    )
    insert into room_counters (room_id) select id from room
    returning room_id`);
  if (!row) await refuseInactive(deps, actor);
}

/** While nobody reads the room, a message's rev is its seq. */
export async function stageMessages({ db }: CoreDeps, roomId: string, rows: readonly ImportedRow[]): Promise<void> {
  await db.$executeRaw(Prisma.sql`
    insert into messages (id, room_id, seq, rev, kind, author_type, author_id, author_name, author_handle, author_avatar, content, status,
      attempt, reply_to, mentions, reactions, created_at, edited_at, deleted_at, pinned_at, reply, error)
    select r.id, ${roomId}::uuid, r.seq, r.seq, r.kind, r.author_type, r.author_id, r.author_name, r.author_handle, r.author_avatar, r.content,
      r.status, r.attempt, r.reply_to, r.mentions, r.reactions, r.created_at, r.edited_at, r.deleted_at, r.pinned_at, r.reply, r.error
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r (id uuid, seq int, kind text, author_type text, author_id uuid,
      author_name text, author_handle text, author_avatar jsonb, content text, status text, attempt int, reply_to uuid, mentions jsonb,
      reactions jsonb, created_at timestamptz, edited_at timestamptz, deleted_at timestamptz, pinned_at timestamptz, reply jsonb, error jsonb)`);
}

/**
 * Gives a staged room its owner and the assistant, and a line that says where it comes from. From here on it is a room like any
 * other. Revs go on after those of the messages: the line, the room, its owner, its characters.
 */
export async function openStagedRoom(deps: CoreDeps, actor: Actor, roomId: string, messages: number): Promise<RoomView> {
  const seq = messages + 1;
  const [row] = await deps.db.$queryRaw<{ room: RoomRow; mine: MineRow }[]>(Prisma.sql`
    with actor as (${activeActor(actor)}),
    assistant as (
      select ch.id, ${seq}::int + 2 + row_number() over (order by ch.id)::int as rev
      from characters ch where ch.is_assistant and ch.deleted_at is null
    ),
    counter as (
      update room_counters c set last_seq = ${seq}::int, last_rev = head.rev, members_rev = head.rev
      from actor cross join (select coalesce(max(assistant.rev), ${seq}::int + 2) as rev from assistant) head
      where c.room_id = ${roomId}::uuid
      returning c.*
    ),
    line as (
      insert into messages (id, room_id, seq, rev, kind, author_type, author_name, author_handle, author_avatar, content)
      select ${uuidv7()}::uuid, c.room_id, ${seq}::int, ${seq}::int, 'system', 'system', '', '', ${nobodysAvatarJson},
        actor.display_name || ' imported this room. What stands above was written elsewhere; names and times are those of the file.'
      from counter c cross join actor
    ),
    room as (
      update rooms r set member_count = 1, rev = ${seq}::int + 1 from counter c where r.id = c.room_id
      returning r.*
    ),
    member as (
      insert into room_members (room_id, user_id, role, rev, last_read_seq)
      select c.room_id, actor.id, 'owner', ${seq}::int + 2, ${seq}::int from counter c cross join actor
      returning *
    ),
    entry as (
      insert into room_characters (room_id, character_id, rev)
      select c.room_id, assistant.id, assistant.rev from counter c cross join assistant
    )
    select ${roomJson('room')} as room, ${mineJson('member', 'counter', null)} as mine from room, member, counter`);
  if (!row) return await refuseInactive(deps, actor);
  const room = roomView(row.room);
  publishMembership(deps, actor.userId, room, mine(row.mine));
  return room;
}

/** Takes away what was staged. A room that was opened stays. */
export async function unstageRoom({ db }: CoreDeps, roomId: string): Promise<void> {
  await db.$executeRaw(Prisma.sql`
    delete from messages m where m.room_id = ${roomId}::uuid and not exists (select 1 from room_members own where own.room_id = m.room_id)`);
  await db.$executeRaw(Prisma.sql`
    delete from room_counters c where c.room_id = ${roomId}::uuid and not exists (select 1 from room_members own where own.room_id = c.room_id)`);
  await db.$executeRaw(Prisma.sql`
    delete from rooms r where r.id = ${roomId}::uuid and not exists (select 1 from room_members own where own.room_id = r.id)`);
}

/** Rooms left behind that one import takes away, so that no import pays for all of them. */
const maxLeftRooms = 3;

/** Rooms staged so long ago that whoever filled them has died: no import takes a day. */
export async function findLeftRooms({ db }: CoreDeps): Promise<string[]> {
  const rows = await db.$queryRaw<{ id: string }[]>(Prisma.sql`
    select r.id from rooms r
    where r.visibility = 'private' and r.member_count = 0 and r.created_at < now() - interval '1 day'
      and not exists (select 1 from room_members own where own.room_id = r.id)
    order by r.id limit ${maxLeftRooms}::int`);
  return rows.map(({ id }) => id);
}
