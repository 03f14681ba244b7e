import { AppError, type MessageView } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import { refusalBy, StaleMembershipError, unchanged, type AuthorizedRoom } from '../access/authorized-room.js';
import { takeNumbers } from '../protocol/counter-statements.js';
import { publishRoomEvents } from '../protocol/publish-room-events.js';
import { loadMessage } from './load-message.js';
import { messageView, type MessageRow } from '../protocol/message-rows.js';

/**
 * What all changes of a message have in common: a CTE `found` locks its row, `counter` takes the next rev unless there is
 * nothing to change, `changed` writes. The select of {@link changedMessage} gives a row whenever `found` has one.
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
}

/** CTE `counter`, from `found`, which has `room_id` and `same`. @param guard further conditions, beginning with `and` */
export function nextRev(membersRev: number, guard: Prisma.Sql = Prisma.empty): Prisma.Sql {
  return takeNumbers({
    room: Prisma.sql`found.room_id`,
    from: Prisma.sql`found`,
    changes: 1,
    membersRev,
    guard: Prisma.sql`and not found.same ${guard}`,
  });
}

/** The select of a {@link MessageChange}; `found` and `changed` have the message as `json`. */
export const changedMessage = Prisma.sql`
  select found.json as before, found.same, changed.json as after, counter.last_seq as seq, counter.last_rev as rev
  from found left join counter on true left join changed on true`;

/**
 * Tells the room what was written.
 *
 * @returns the message as it is now
 * @throws StaleMembershipError if nothing was written, unless that is as it should be and `room` is known to hold
 */
export function announceChange(deps: Pick<CoreDeps, 'bus' | 'log'>, room: AuthorizedRoom, change: MessageChange): MessageView {
  if (change.after) {
    const message = messageView(change.after);
    const head = { seq: change.seq ?? message.seq, rev: message.rev };
    publishRoomEvents(deps, message.roomId, [{ type: 'message', rev: message.rev, message }], head);
    return message;
  }
  if (change.same) return unchanged(room, messageView(change.before));
  throw new StaleMembershipError();
}

/** Why a statement on a message that is no longer to be changed matched nothing. */
export async function whyUnchanged(deps: Pick<CoreDeps, 'db'>, room: AuthorizedRoom, messageId: string): Promise<Error> {
  const { deletedAt } = await loadMessage(deps, messageId);
  return deletedAt === null ? new StaleMembershipError() : refusalBy(room, new AppError('MESSAGE_DELETED'));
}

/** What is told of changes in an archived room. */
export const staysAsItIs = 'The room is archived: what was said in it stays as it is.';
