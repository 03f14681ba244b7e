import { AppError, isInProgress, channels, type MessageView, type StopPayload } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { activeActor } from '../sessions/active-actor.js';
import type { Actor } from '../sessions/actor.js';
import type { CoreDeps } from '../deps.js';
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
    Prisma.sql`select room_id as "roomId", asked_by as "askedBy" from reply_jobs where message_id = ${messageId}::uuid`,
  );
  if (!job) throw new AppError('MESSAGE_NOT_FOUND');
  return await rooms
    .run(actor, job.roomId, 'replies.stop', async (room) => {
      ensureMay(room, { own: job.askedBy === actor.userId }, { notOwn: 'Only who asked for the reply, or a moderator, can stop it.' });
      return await stop(deps, room, messageId);
    })
    .catch(hideRoom);
}

interface Stopped extends Omit<WrittenReply, 'message'> {
  /** The end, if this statement wrote it. */
  message: MessageRow | null;
  /** The live attempt that the row now tells to stop, if there is one. */
  told: StopPayload | null;
}

async function stop(deps: CoreDeps, { actor, roomId, membersRev }: AuthorizedRoom, messageId: string): Promise<MessageView> {
  const [row] = await deps.db.$queryRaw<Stopped[]>(Prisma.sql`
    with actor as (${activeActor(actor)}),
    found as (
      select j.message_id, j.room_id, j.correlation_id, j.state = 'streaming' and j.lease_until > clock_timestamp() as live
      from reply_jobs j, actor where j.message_id = ${messageId}::uuid and j.state <> 'done'
      for no key update of j
    ),
    told as (
      update reply_jobs j set stop_requested_at = coalesce(j.stop_requested_at, clock_timestamp()),
        stop_requested_by = coalesce(j.stop_requested_by, ${actor.userId}::uuid)
      from found
      where found.live and j.message_id = found.message_id
        and exists (select 1 from room_counters c where c.room_id = ${roomId}::uuid and c.members_rev = ${membersRev}::int)
      returning json_build_object('attempt', j.attempt, 'stoppedBy', j.stop_requested_by) as json
    ),
    job as (select * from found where not found.live),
    ${lockMessageThenNumber({ membersRev })},
    closed as (
      update reply_jobs j set state = 'done', lease_owner = null, lease_until = null, finished_at = clock_timestamp(),
        stop_requested_at = coalesce(j.stop_requested_at, clock_timestamp()),
        stop_requested_by = coalesce(j.stop_requested_by, ${actor.userId}::uuid)
      from job, counter where j.message_id = job.message_id
      returning j.message_id, j.stop_requested_by
    ),
    ended as (${changeMessages({
      set: {
        status: Prisma.sql`'stopped'`,
        content: Prisma.sql`''`,
        reply: Prisma.sql`m.reply || jsonb_build_object('stoppedBy', closed.stop_requested_by, 'finishedAt', ${instantNow})`,
      },
      from: Prisma.sql`closed`,
      id: Prisma.sql`closed.message_id`,
    })})
    select ended.json as message, counter.last_seq as seq, counter.last_rev as rev, found.correlation_id as "correlationId",
      told.json as told
    from found left join told on true left join counter on true left join ended on true`);
  if (row?.message) return announceReply(deps, { ...row, message: row.message });
  if (row?.told) {
    deps.bus.publish(channels.replyStop(messageId), row.told);
    return await loadMessage(deps, messageId);
  }
  // Either it has ended, perhaps while the statement waited for it, or the statement's guards matched nothing.
  const message = await loadMessage(deps, messageId);
  if (isInProgress(message.status)) throw new StaleMembershipError();
  return message;
}
