import { Prisma } from '@parley/db';
import type { MessageView } from '@parley/contracts';
import type { CoreDeps } from '../deps.js';
import { takeNumbers, type Count, type Numbering } from './counter-statements.js';
import { messageView, type MessageRow } from './message-rows.js';
import { publishRoomEvents } from './publish-room-events.js';

/**
 * The middle of every write to a reply. The CTE `job` stands before it and locked the job's row, or matched none. These CTEs lock the
 * message and take the room's next rev. Where `job` has no row, they take no number.
 *
 * @param of.membersRev the `members_rev` that a person relied on; a worker gives none, because it relies on its attempt
 * @param of.guard further conditions on the counter row `c`, beginning with `and`
 * @param of.added how many messages the statement adds: they take the seqs and revs after the reply's own rev
 */
export function lockMessageThenNumber({
  membersRev = null,
  guard = Prisma.empty,
  added = 0,
}: Partial<Pick<Numbering, 'membersRev' | 'guard'>> & { added?: Count } = {}): Prisma.Sql {
  return Prisma.sql`
    locked as (
      select m.id from messages m join job on job.id = m.id for no key update of m
    ),
    ${takeNumbers({
      room: Prisma.sql`job.room_id`,
      from: Prisma.sql`job cross join locked`,
      messages: added,
      changes: 1,
      membersRev,
      guard,
    })}`;
}

/** What a write to a reply returns: the message it changed, and the room's head afterwards. */
export interface WrittenReply {
  message: MessageRow;
  seq: number;
  rev: number;
}

/** Tells the room's readers that a reply changed. @returns the view that they were told */
export function announceReply(deps: Pick<CoreDeps, 'bus' | 'log'>, row: WrittenReply): MessageView {
  const message = messageView(row.message);
  const head = { seq: row.seq, rev: row.rev };
  publishRoomEvents(deps, message.roomId, [{ type: 'message', rev: message.rev, message }], head);
  return message;
}
