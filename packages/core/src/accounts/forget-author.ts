import type { Actor } from '../sessions/actor.js';
import { activeActor } from '../sessions/active-actor.js';
import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import { takeNumbers } from '../protocol/counter-statements.js';
import { messageView, type MessageRow } from '../protocol/message-rows.js';
import { forgetSummaries } from '../memory/room-summary.js';
import { forgetEarlier } from '../protocol/receipt-statements.js';
import { changeMessages } from '../protocol/message-statements.js';
import { nobodysAvatarJson } from '../protocol/nobodys-avatar.js';
import { publishRoomEvents } from '../protocol/publish-room-events.js';

/** Messages changed by one statement: each takes a rev, and the statement holds the room's counter. */
const batchSize = 200;
const roomsPerPage = 500;
/** Before every id. */
const firstId = '00000000-0000-0000-0000-000000000000';

/**
 * Takes the actor's name, handle and looks from all their messages, in every room they ever were in; the texts stay. Each message takes a rev,
 * so that every reader's copy changes too. If this breaks off, what was done stays done, and calling it again continues.
 */
export async function forgetAuthor(deps: CoreDeps, actor: Actor, name: string): Promise<void> {
  let roomsAfter = firstId;
  for (;;) {
    const rooms = await deps.db.$queryRaw<{ roomId: string }[]>(Prisma.sql`
      select room_id as "roomId" from room_members
      where user_id = ${actor.userId}::uuid and room_id > ${roomsAfter}::uuid order by room_id limit ${roomsPerPage}::int`);
    for (const { roomId } of rooms) await forgetIn(deps, actor, roomId, name);
    if (rooms.length < roomsPerPage) return;
    roomsAfter = rooms.at(-1)!.roomId;
  }
}

async function forgetIn(deps: CoreDeps, actor: Actor, roomId: string, name: string): Promise<void> {
  let after = firstId;
  for (;;) {
    const messages = await forgetSome(deps, actor, roomId, name, after);
    if (messages.length === 0) return;
    after = messages.at(-1)!;
  }
}

/** @returns ids of the messages changed, ascending */
async function forgetSome(deps: CoreDeps, actor: Actor, roomId: string, name: string, after: string): Promise<string[]> {
  const first = Prisma.sql`counter, (select min(picked.seq) as seq from picked) first`;
  const [row] = await deps.db.$queryRaw<{ messages: MessageRow[]; seq: number; rev: number }[]>(Prisma.sql`
    with actor as (${activeActor(actor)}),
    picked as (
      select m.id, m.seq from messages m join actor on m.author_id = actor.id
      where m.room_id = ${roomId}::uuid and m.id > ${after}::uuid and (m.author_name <> ${name} or m.author_handle <> '')
      order by m.id limit ${batchSize}::int
      for no key update of m
    ),
    numbered as (select picked.id, row_number() over (order by picked.id desc)::int - 1 as back from picked),
    ${takeNumbers({
      room: Prisma.sql`${roomId}::uuid`,
      from: Prisma.sql`(select count(*)::int as total from numbered) n`,
      changes: Prisma.sql`n.total`,
      // No membership to check: authors may take away their own name wherever they wrote, also in rooms they have left.
      membersRev: null,
      guard: Prisma.sql`and n.total > 0`,
    })},
    -- The memories of characters say the name.
    ${forgetSummaries(first, Prisma.sql`${roomId}::uuid`, Prisma.sql`first.seq`)},
    unreceived as (${forgetEarlier(first, Prisma.sql`${roomId}::uuid`, Prisma.sql`first.seq`)}),
    renamed as (${changeMessages({
      set: { authorName: Prisma.sql`${name}`, authorHandle: Prisma.sql`''`, authorAvatar: nobodysAvatarJson },
      from: Prisma.sql`numbered`,
      id: Prisma.sql`numbered.id`,
      after: Prisma.sql`numbered.back`,
    })})
    select counter.last_seq as seq, counter.last_rev as rev, (select json_agg(json order by id) from renamed) as messages from counter`);
  if (!row) return [];
  const messages = row.messages.map(messageView);
  publishRoomEvents(
    deps,
    roomId,
    messages.map((message) => ({ type: 'message', rev: message.rev, message })),
    { seq: row.seq, rev: row.rev },
  );
  return messages.map(({ id }) => id);
}
