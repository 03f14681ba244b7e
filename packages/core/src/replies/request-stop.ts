import { AppError, isInProgress, type MessageView } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { Actor } from '../sessions/actor.js';
import type { CoreDeps } from '../deps.js';
import { stopJob } from '../jobs/stop-job.js';
import { instantNow } from '../protocol/instant.js';
import { hideRoom, loadMessage } from '../messages/in-room-of-message.js';
import { StaleMembershipError, type AuthorizedRoom } from '../access/authorized-room.js';
import type { MessageRow } from '../protocol/message-rows.js';
import { changeMessages } from '../protocol/message-statements.js';
import { ensureMay } from '../access/ensure-may.js';
import type { RoomAccess } from '../access/room-access.js';
import { announceReply, lockMessageThenNumber, type WrittenReply } from '../protocol/reply-statement.js';

/**
 * Stops a reply: who asked for it may, and moderators of its room.
 *
 * One that waits, or whose worker's lease lapsed, ends here and now, without a text. One that is being written gets the order
 * in its row and on the bus, and its worker ends it with the text so far. One that has ended is returned as it is.
 *
 * @returns the message after that: still streaming where its worker has the last word
 * @throws AppError MESSAGE_NOT_FOUND, also for a room the actor does not see; FORBIDDEN; CONFLICT
 */
export async function requestStop(deps: CoreDeps, actor: Actor, rooms: RoomAccess, messageId: string): Promise<MessageView> {
  const [job] = await deps.db.$queryRaw<{ roomId: string; askedBy: string }[]>(
    Prisma.sql`select room_id as "roomId", asked_by as "askedBy" from jobs where id = ${messageId}::uuid and kind = 'reply'`,
  );
  if (!job) throw new AppError('MESSAGE_NOT_FOUND');
  return await rooms
    .run(actor, job.roomId, 'replies.stop', async (room) => {
      ensureMay(room, { own: job.askedBy === actor.userId }, { notOwn: 'Only who asked for the reply, or a moderator, can stop it.' });
      return await stop(deps, room, messageId);
    })
    .catch(hideRoom);
}

async function stop(deps: CoreDeps, { actor, roomId, membersRev }: AuthorizedRoom, messageId: string): Promise<MessageView> {
  const row = await stopJob<Omit<WrittenReply, 'message'> & { message: MessageRow | null }>(deps, actor, messageId, {
    kind: 'reply',
    allowed: Prisma.sql`exists (select 1 from room_counters c where c.room_id = ${roomId}::uuid and c.members_rev = ${membersRev}::int)`,
    permitted: Prisma.sql`${lockMessageThenNumber({ membersRev })}, permitted as (select 1 as one from counter)`,
    written: Prisma.sql`written as (${changeMessages({
      set: {
        status: Prisma.sql`'stopped'`,
        content: Prisma.sql`''`,
        reply: Prisma.sql`m.reply || jsonb_build_object('stoppedBy', closed.stop_requested_by, 'finishedAt', ${instantNow})`,
      },
      from: Prisma.sql`closed`,
      id: Prisma.sql`closed.id`,
    })})`,
    columns: Prisma.sql`written.json as message, counter.last_seq as seq, counter.last_rev as rev`,
    joins: Prisma.sql`left join counter on true`,
  });
  if (row?.message) return announceReply(deps, { ...row, message: row.message });
  // It was told, or has ended, perhaps while the statement waited for it, or the statement's guards matched nothing.
  const message = await loadMessage(deps, messageId);
  if (!row?.told && isInProgress(message.status)) throw new StaleMembershipError();
  return message;
}
