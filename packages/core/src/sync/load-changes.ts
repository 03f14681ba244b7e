import { AppError, type DurableEvent } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import { memberView, roomCharacterView, roomView } from '../protocol/presenters.js';
import { memberJson, roomCharacterJson, roomJson, type MemberRow, type RoomCharacterRow, type RoomRow } from '../protocol/room-rows.js';
import type { RoomHead } from './load-heads.js';
import { maxPageBytes, messageBytes, messageJson, messageView, type MessageRow } from '../protocol/message-rows.js';

export interface RoomChanges {
  /** Strictly ascending by rev, but not contiguous: of a row that changed twice only the last change is left. */
  events: DurableEvent[];
  /** Read by the same statement as the events. */
  head: RoomHead & { membersRev: number };
  /** True if these events reach the head: the reader's position is then `head.rev`. Otherwise it is the last event's rev. */
  complete: boolean;
}

type ChangeRow =
  | { type: 'message'; rev: number; row: MessageRow }
  | { type: 'room'; rev: number; row: RoomRow }
  | { type: 'member'; rev: number; left: boolean; row: MemberRow }
  | { type: 'character'; rev: number; left: boolean; row: RoomCharacterRow };

/**
 * Reads what changed in a room after `afterRev`, at most `limit` changes and fewer of long messages, and the head, from one snapshot. There is no log of changes:
 * each row keeps the rev of its last change, so the changes are ranges of the (room, rev) keys.
 *
 * @throws AppError ROOM_NOT_FOUND
 */
export async function loadChanges({ db }: Pick<CoreDeps, 'db'>, roomId: string, afterRev: number, limit: number): Promise<RoomChanges> {
  // An index gives the first `limit` changes of each table; the first `limit` of all are among these.
  const first = Prisma.sql`order by rev limit ${limit}::int`;
  const [result] = await db.$queryRaw<{ seq: number; rev: number; membersRev: number; found: number; changes: ChangeRow[] }[]>(Prisma.sql`
    select c.last_seq as seq, c.last_rev as rev, c.members_rev as "membersRev", page.found, page.changes
    from room_counters c, lateral (
      select count(*)::int as found,
        coalesce(json_agg(json_build_object('type', type, 'rev', rev, 'left', is_left, 'row', json) order by rev)
          filter (where bytes_before < ${maxPageBytes}::int), '[]') as changes
      from (
        select type, rev, is_left, json,
          coalesce(sum(bytes) over (order by rev rows between unbounded preceding and 1 preceding), 0) as bytes_before
        from (
          (select 'message' as type, m.rev, false as is_left, ${messageJson('m')} as json, ${messageBytes('m')} as bytes
            from messages m where m.room_id = c.room_id and m.rev > ${afterRev}::int ${first})
          union all
          (select 'room', r.rev, false, ${roomJson('r')}, 0 from rooms r where r.id = c.room_id and r.rev > ${afterRev}::int)
          union all
          (select 'member', m.rev, m.left_rev is not null, ${memberJson('m', 'u')}, 0
            from room_members m join users u on u.id = m.user_id
            where m.room_id = c.room_id and m.rev > ${afterRev}::int ${first})
          union all
          (select 'character', rc.rev, rc.left_rev is not null, ${roomCharacterJson('rc', 'ch')}, 0
            from room_characters rc join characters ch on ch.id = rc.character_id
            where rc.room_id = c.room_id and rc.rev > ${afterRev}::int ${first})
        ) changed
        ${first}
      ) changed
    ) page
    where c.room_id = ${roomId}::uuid`);
  if (!result) throw new AppError('ROOM_NOT_FOUND');
  const { seq, rev, membersRev, found, changes } = result;
  return {
    events: changes.map(eventOf),
    head: { seq, rev, membersRev },
    complete: (found < limit && changes.length === found) || changes.at(-1)?.rev === rev,
  };
}

function eventOf(change: ChangeRow): DurableEvent {
  const { rev } = change;
  switch (change.type) {
    case 'message':
      return { type: 'message', rev, message: messageView(change.row) };
    case 'room':
      return { type: 'room', rev, room: roomView(change.row) };
    case 'member':
      return { type: 'member', rev, member: memberView(change.row), left: change.left };
    case 'character':
      return { type: 'character', rev, character: roomCharacterView(change.row), left: change.left };
  }
}
