import { Prisma } from '@parley/db';
import { auditEntries } from '../audit/audit-statements.js';
import type { CoreDeps } from '../deps.js';
import { blankMessages } from '../messages/blank-messages.js';
import { firstId } from '../protocol/sweep-step.js';

const messagesPerStatement = 100;
const roomsPerPage = 500;

/** How often a room is begun again where one of the messages was changed at the same moment. */
const maxRaces = 20;

/**
 * Blanks all messages of a person, in every room they ever were in, as their author may. Where a legal hold stands they are set aside. What breaks off is
 * gone on with by calling it again.
 */
export async function removeMessagesOf(deps: CoreDeps, userId: string): Promise<void> {
  for (let after = firstId; ;) {
    const rooms = await deps.db.$queryRaw<{ roomId: string }[]>(Prisma.sql`
      select m.room_id as "roomId" from room_members m
      where m.user_id = ${userId}::uuid and m.room_id > ${after}::uuid order by m.room_id limit ${roomsPerPage}::int`);
    for (const { roomId } of rooms) await removeIn(deps, userId, roomId);
    const last = rooms.at(-1);
    if (!last || rooms.length < roomsPerPage) return;
    after = last.roomId;
  }
}

async function removeIn(deps: CoreDeps, userId: string, roomId: string): Promise<void> {
  const own = Prisma.sql`m.room_id = ${roomId}::uuid and m.author_id = ${userId}::uuid and m.deleted_at is null and m.kind = 'text'`;
  for (let races = 0; races < maxRaces;) {
    const blanked = await blankMessages(deps, {
      aimed: Prisma.sql`aimed as (select m.id from messages m where ${own} order by m.id limit ${messagesPerStatement}::int)`,
      room: Prisma.sql`
        select r.* from rooms r cross join (select count(*) from found) locked_first where r.id = ${roomId}::uuid for no key update of r`,
      set: {},
      audited: auditEntries(
        {
          event: 'account.messagesRemoved',
          by: 'system',
          subject: { kind: 'account', id: userId },
          roomId,
          detail: Prisma.sql`jsonb_build_object('messages', total.messages)`,
        },
        Prisma.sql`altered cross join total`,
      ),
    });
    if (blanked) continue;
    const [left] = await deps.db.$queryRaw<{ some: boolean }[]>(Prisma.sql`select exists (select 1 from messages m where ${own}) as some`);
    if (!left?.some) return;
    races += 1;
  }
}
