import { AppError, type MessageView } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import { refusalBy, StaleMembershipError, unchanged, type AuthorizedRoom } from '../access/authorized-room.js';
import { takeNumbers } from '../protocol/counter-statements.js';
import { wakeWebhooks } from '../webhooks/raise-events.js';
import { publishRoomEvents } from '../protocol/publish-room-events.js';
import { loadMessage } from './load-message.js';
import { messageView, type MessageRow } from '../protocol/message-rows.js';

/**
 * The result of a statement that changes a message. In each of these, a CTE `found` locks the message's row, `counter` takes the next
 * rev unless there is nothing to change, and `changed` writes. The select of {@link changedMessage} gives a row if `found` has one.
 */
export interface MessageChange {
  /** The row as it was, locked. */
  before: MessageRow;
  /** True when the call asks for what is there already. */
  same: boolean;
  /** Null when nothing was written. */
  after: MessageRow | null;
  seq: number | null;
  rev: number | null;
  /** Ids of the jobs of webhooks. @default none */
  webhooks?: string[] | null;
}

/** CTE `counter`, from `found`, which has `room_id` and `same`. @param guard further conditions, beginning with `and` */
export function nextRev(membersRev: number | null, guard: Prisma.Sql = Prisma.empty): Prisma.Sql {
  return takeNumbers({
    room: Prisma.sql`found.room_id`,
    from: Prisma.sql`found`,
    changes: 1,
    membersRev,
    guard: Prisma.sql`and not found.same ${guard}`,
  });
}

/**
 * The select of a {@link MessageChange}; `found` and `changed` have the message as `json`.
 *
 * @param webhooks ids of the jobs of webhooks, in SQL
 */
export function changedMessage(webhooks = Prisma.sql`null::json`): Prisma.Sql {
  return Prisma.sql`
    select found.json as before, found.same, changed.json as after, counter.last_seq as seq, counter.last_rev as rev, ${webhooks} as webhooks
    from found left join counter on true left join changed on true`;
}

/**
 * Tells the room what was written.
 *
 * @returns the message as it is now
 * @throws StaleMembershipError if nothing was written, unless there was nothing to change and `room` is fresh
 */
export function announceChange(deps: Pick<CoreDeps, 'bus' | 'log'>, room: AuthorizedRoom, change: MessageChange): MessageView {
  if (change.after) {
    const message = messageView(change.after);
    const head = { seq: change.seq ?? message.seq, rev: message.rev };
    publishRoomEvents(deps, message.roomId, [{ type: 'message', rev: message.rev, message }], head);
    wakeWebhooks(deps, change.webhooks ?? null);
    return message;
  }
  if (change.same) return unchanged(room, messageView(change.before));
  throw new StaleMembershipError();
}

/** The error for a statement that found no message to change: the message was deleted or hidden, or the authorisation is old. */
export async function whyUnchanged(deps: Pick<CoreDeps, 'db'>, room: AuthorizedRoom, messageId: string): Promise<Error> {
  const { deletedAt, hidden } = await loadMessage(deps, messageId);
  if (deletedAt === null && !hidden) return new StaleMembershipError();
  return refusalBy(room, new AppError(hidden ? 'MESSAGE_HIDDEN' : 'MESSAGE_DELETED'));
}

/** The sentence that refuses a change of a message in an archived room. */
export const staysAsItIs = 'The room is archived: what was said in it stays as it is.';
