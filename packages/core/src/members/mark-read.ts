import type { ReadPosition } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { activeActor } from '../sessions/active-actor.js';
import type { CoreDeps } from '../deps.js';
import { StaleMembershipError, type AuthorizedRoom } from '../access/authorized-room.js';
import { changeOwn } from '../protocol/member-statements.js';
import { mine } from '../protocol/presenters.js';
import { publishInbox } from '../protocol/publish-membership.js';
import { mineJson, type MineRow } from '../protocol/room-rows.js';

/**
 * Moves the actor's read position forward to `seq`, or to the room's last message if that comes first; never back. It takes
 * no rev: nobody else sees it. The person's other connections get the new counters, if they changed.
 *
 * @throws StaleMembershipError
 */
export async function markRead(deps: CoreDeps, room: AuthorizedRoom, seq: number): Promise<ReadPosition> {
  const { actor, roomId } = room;
  const [row] = await deps.db.$queryRaw<{ mine: MineRow; moved: boolean }[]>(Prisma.sql`
    with actor as (${activeActor(actor)}),
    existing as (
      select m.room_id, m.user_id, m.role, m.muted, m.silenced_until, m.last_read_seq as before, c.last_seq,
        greatest(m.last_read_seq, least(${seq}::int, c.last_seq)) as last_read_seq
      from room_members m join actor on m.user_id = actor.id join room_counters c on c.room_id = m.room_id
      -- The user's id is named here too, because with the join alone all members of the room are read to find one.
      where m.room_id = ${roomId}::uuid and m.user_id = ${actor.userId}::uuid and m.left_rev is null
      for no key update of m
    ),
    moved as (${changeOwn({
      set: { lastReadSeq: Prisma.sql`e.last_read_seq` },
      from: Prisma.sql`existing e`,
      room: Prisma.sql`e.room_id`,
      user: Prisma.sql`e.user_id`,
      only: Prisma.sql`and e.last_read_seq > e.before`,
    })})
    select ${mineJson('e', 'e', null)} as mine, exists (select 1 from moved) as moved from existing e`);
  if (!row) throw new StaleMembershipError();
  const { lastReadSeq, lastSeq, unread, mentions } = mine(row.mine);
  if (row.moved) publishInbox(deps, actor.userId, { type: 'counters', roomId, lastSeq, lastReadSeq, unread, mentions });
  return { lastReadSeq, unread };
}
