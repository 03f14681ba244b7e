import { Prisma } from '@parley/db';
import type { MessageView } from '@parley/contracts';
import type { CoreDeps } from '../deps.js';
import { messageView, type MessageRow } from './message-rows.js';
import { publishRoomEvents } from './publish-room-events.js';

/**
 * The middle of every write to a reply: after a CTE `job` that locked its row (or matched none), locks the message, then takes
 * the room's next rev. A `job` without rows numbers nothing.
 *
 * @param guard further conditions on the counter row `c`, beginning with `and`
 * @param added how many messages the statement adds, an expression: they take the seqs and revs after its own rev
 */
export function lockMessageThenNumber(guard: Prisma.Sql = Prisma.empty, added: Prisma.Sql = Prisma.sql`0`): Prisma.Sql {
  return Prisma.sql`
    locked as (
      select m.id from messages m join job on job.message_id = m.id for no key update of m
    ),
    counter as (
      update room_counters c set last_seq = c.last_seq + ${added}, last_rev = c.last_rev + 1 + ${added}
      from job, locked where c.room_id = job.room_id ${guard}
      returning c.last_seq, c.last_rev
    )`;
}

/** A moment `ms` milliseconds from now by the database's clock. */
export function fromNow(ms: number): Prisma.Sql {
  return Prisma.sql`(clock_timestamp() + ${ms}::float8 * interval '1 millisecond')`;
}

/** What such a write returns: the message it changed, and the room's head afterwards. */
export interface WrittenReply {
  message: MessageRow;
  seq: number;
  rev: number;
  correlationId: string | null;
}

/** Tells the room, and gives the view that it was told. */
export function announceReply(deps: CoreDeps, row: WrittenReply): MessageView {
  const message = messageView(row.message);
  const head = { seq: row.seq, rev: row.rev };
  publishRoomEvents(deps, message.roomId, [{ type: 'message', rev: message.rev, message }], head, row.correlationId ?? undefined);
  return message;
}
