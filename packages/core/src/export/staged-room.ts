import type { RoomView } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { activeActor } from '../sessions/active-actor.js';
import type { Actor } from '../sessions/actor.js';
import { refuseInactive } from '../sessions/load-actor.js';
import type { CoreDeps } from '../deps.js';
import { deleteStagedCounter, insertCounter, numbersOf, takeNumbers } from '../protocol/counter-statements.js';
import { insertEntries, insertMembers } from '../protocol/member-statements.js';
import { deleteStagedMessages, insertMessages } from '../protocol/message-statements.js';
import { mine, roomView } from '../protocol/presenters.js';
import { publishMembership } from '../protocol/publish-membership.js';
import { mineJson, roomJson, type MineRow, type RoomRow } from '../protocol/room-rows.js';
import { imported } from '../protocol/system-facts.js';
import { systemLine } from '../protocol/system-line.js';
import { changeRoomRow, deleteStagedRoom, insertRoom } from '../rooms/room-statements.js';
import type { ImportedRow } from './imported-message.js';

/** A room that is being filled. It is private and has no member, so nobody can find it until it is opened. */

export async function stageRoom(
  deps: Pick<CoreDeps, 'db'>,
  actor: Actor,
  room: { id: string; name: string; topic: string },
): Promise<void> {
  const [row] = await deps.db.$queryRaw<object[]>(Prisma.sql`
    with actor as (${activeActor(actor)}),
    room as (${insertRoom(
      {
        id: Prisma.sql`${room.id}::uuid`,
        name: Prisma.sql`${room.name}`,
        topic: Prisma.sql`${room.topic}`,
        visibility: Prisma.sql`'private'`,
        createdBy: Prisma.sql`actor.id`,
      },
      Prisma.sql`actor`,
    )})
    ${insertCounter({ room: Prisma.sql`room.id`, lastSeq: Prisma.sql`0`, lastRev: Prisma.sql`0` }, Prisma.sql`room`)}`);
  if (!row) await refuseInactive(deps, actor);
}

/** While nobody reads the room, a message's rev is its seq. */
export async function stageMessages({ db }: Pick<CoreDeps, 'db'>, roomId: string, rows: readonly ImportedRow[]): Promise<void> {
  await db.$executeRaw(Prisma.sql`
    with staged as (${insertMessages(
      {
        id: Prisma.sql`r.id`,
        room: Prisma.sql`${roomId}::uuid`,
        seq: Prisma.sql`r.seq`,
        rev: Prisma.sql`r.seq`,
        kind: Prisma.sql`r.kind`,
        author: {
          type: Prisma.sql`r.author_type`,
          id: Prisma.sql`r.author_id`,
          name: Prisma.sql`r.author_name`,
          handle: Prisma.sql`r.author_handle`,
          avatar: Prisma.sql`r.author_avatar`,
        },
        replyTo: Prisma.sql`r.reply_to`,
        createdAt: Prisma.sql`r.created_at`,
        imported: Prisma.sql`r.imported`,
        values: {
          content: Prisma.sql`r.content`,
          status: Prisma.sql`r.status`,
          attempt: Prisma.sql`r.attempt`,
          mentions: Prisma.sql`r.mentions`,
          reactions: Prisma.sql`r.reactions`,
          editedAt: Prisma.sql`r.edited_at`,
          deletedAt: Prisma.sql`r.deleted_at`,
          pinnedAt: Prisma.sql`r.pinned_at`,
          hiddenFromAi: Prisma.sql`r.hidden_from_ai`,
          reply: Prisma.sql`r.reply`,
          error: Prisma.sql`r.error`,
        },
      },
      Prisma.sql`jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r (id uuid, seq int, kind text, author_type text, author_id uuid,
        author_name text, author_handle text, author_avatar jsonb, imported boolean, content text, status text, attempt int, reply_to uuid, mentions jsonb,
        reactions jsonb, created_at timestamptz, edited_at timestamptz, deleted_at timestamptz, pinned_at timestamptz, hidden_from_ai boolean, reply jsonb, error jsonb)`,
    )}) select count(*) from staged`);
}

/**
 * Gives a staged room its owner and the assistant, and a line that says where the room comes from. From then on it is a room like any
 * other. The revs after those of the messages go to the line, the room, its owner and its characters, in this order.
 */
export async function openStagedRoom(
  deps: CoreDeps,
  actor: Actor,
  roomId: string,
  { messages, notes }: { messages: number; notes: readonly number[] },
): Promise<RoomView> {
  const [row] = await deps.db.$queryRaw<{ room: RoomRow; mine: MineRow }[]>(Prisma.sql`
    with actor as (${activeActor(actor)}),
    assistant as (
      select ch.id, row_number() over (order by ch.id desc)::int - 1 as after
      from characters ch where ch.is_assistant and ch.deleted_at is null
    ),
    entries as (select count(*)::int as n from assistant),
    ${takeNumbers({
      room: Prisma.sql`${roomId}::uuid`,
      from: Prisma.sql`actor cross join entries`,
      // The counter has not numbered the staged messages: they took the first seqs, and the line takes the next.
      messages: messages + 1,
      changes: Prisma.sql`2 + entries.n`,
      movesMembers: true,
      membersRev: null,
    })},
    ${systemLine({
      says: imported,
      from: Prisma.sql`cross join entries`,
      changesAfter: Prisma.sql`2 + entries.n`,
    })},
    room as (${changeRoomRow({
      set: {
        memberCount: Prisma.sql`1`,
        noteCount: Prisma.sql`${notes.length}::int`,
        lastNote: Prisma.sql`${Math.max(0, ...notes)}::int`,
        notesRev: Prisma.sql`${messages}::int`,
      },
      from: Prisma.sql`cross join entries`,
      messagesAfter: 0,
      changesAfter: Prisma.sql`1 + entries.n`,
    })}),
    member as (${insertMembers(
      {
        room: Prisma.sql`c.room_id`,
        user: Prisma.sql`actor.id`,
        role: Prisma.sql`'owner'`,
        rev: numbersOf('c', 0, Prisma.sql`entries.n`).rev,
        lastReadSeq: Prisma.sql`c.last_seq`,
      },
      Prisma.sql`counter c cross join actor cross join entries`,
    )}),
    entry as (${insertEntries(
      { room: Prisma.sql`c.room_id`, character: Prisma.sql`assistant.id`, rev: numbersOf('c', 0, Prisma.sql`assistant.after`).rev },
      Prisma.sql`counter c cross join assistant`,
    )})
    select ${roomJson('room')} as room, ${mineJson('member', 'counter', null)} as mine from room, member, counter`);
  if (!row) return await refuseInactive(deps, actor);
  const room = roomView(row.room);
  publishMembership(deps, actor.userId, room, mine(row.mine));
  return room;
}

/** Deletes a staged room. A room that was opened stays. */
export async function unstageRoom({ db }: Pick<CoreDeps, 'db'>, roomId: string): Promise<void> {
  await db.$executeRaw(deleteStagedMessages(roomId));
  await db.$executeRaw(deleteStagedCounter(roomId));
  await db.$executeRaw(deleteStagedRoom(roomId));
}

/** How many abandoned rooms one import deletes, so that no import pays for all of them. */
const maxLeftRooms = 3;

/** Finds rooms staged more than a day ago: no import takes a day, so the process that filled them has died. */
export async function findLeftRooms({ db }: Pick<CoreDeps, 'db'>): Promise<string[]> {
  const rows = await db.$queryRaw<{ id: string }[]>(Prisma.sql`
    select r.id from rooms r
    where r.visibility = 'private' and r.member_count = 0 and r.created_at < now() - interval '1 day'
      and not exists (select 1 from room_members own where own.room_id = r.id)
    order by r.id limit ${maxLeftRooms}::int`);
  return rows.map(({ id }) => id);
}
