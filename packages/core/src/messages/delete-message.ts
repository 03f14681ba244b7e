import { AppError, channels, type MessageView, type StopPayload } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { endJobs, forgetQuestions, stopOrder } from '../jobs/job-statements.js';
import { activeActor } from '../sessions/active-actor.js';
import type { CoreDeps } from '../deps.js';
import { auditEntries } from '../audit/audit-statements.js';
import { raisingIn } from '../webhooks/raise-events.js';
import { instantNow } from '../protocol/instant.js';
import { isOwn, type AuthorizedMessage } from '../access/authorized-message.js';
import { StaleMembershipError, unchanged } from '../access/authorized-room.js';
import { ensureMay } from '../access/ensure-may.js';
import { blankVersions } from './reply-versions.js';
import { announceChange, changedMessage, nextRev, type MessageChange } from './change-message.js';
import { takeHiddenText } from './hidden-texts.js';
import { jobsOfMessage } from './jobs-of-message.js';
import { loadMessage } from './load-message.js';
import { forgetSummaries } from '../memory/room-summary.js';
import { deleteMentions } from '../protocol/mention-statements.js';
import { messageJson } from '../protocol/message-rows.js';
import { changeMessages } from '../protocol/message-statements.js';
import { deleteReceipts, forgetEarlier } from '../protocol/receipt-statements.js';

/**
 * Blanks a message and leaves a trace of it: its author, its place and when it was deleted. Its text, mentions, reactions, pin and
 * earlier versions are gone. A reply in progress ends at once. An archived room allows it, because people may always remove what they
 * want gone.
 *
 * A message may be deleted by its author and by moderators, a reply by the person who asked for it and by moderators. Deleting again
 * changes nothing.
 *
 * @throws AppError MESSAGE_NOT_FOUND; FORBIDDEN, also for system lines; CONFLICT
 */
export async function deleteMessage(deps: CoreDeps, message: AuthorizedMessage): Promise<MessageView> {
  if (message.kind === 'system') throw new AppError('FORBIDDEN', 'The record of what happened in a room cannot be deleted.');
  ensureMay(message.room, { own: isOwn(message) }, { notOwn: 'Only its author, or a moderator, can delete a message.' });
  return await remove(deps, message);
}

async function remove(deps: CoreDeps, message: AuthorizedMessage): Promise<MessageView> {
  const { id: messageId, room } = message;
  const { actor, roomId, membersRev } = room;
  const raising = raisingIn(room, [{ event: 'message.deleted', subject: Prisma.sql`changed.id`, from: Prisma.sql`changed` }]);
  const [row] = await deps.db.$queryRaw<(MessageChange & { stopped: StopPayload | null })[]>(Prisma.sql`
    with actor as (${activeActor(actor)}),
    -- The reply's own job, or those of the replies that a text called for.
    job as (
      select j.id, j.attempt, j.state <> 'done' as unfinished, j.state = 'streaming' as live
      from jobs j, actor
      where j.id in (${jobsOfMessage(messageId)})
      order by j.id
      for no key update of j
    ),
    found as (
      select m.id, m.room_id, m.seq, m.mentions, false as same, ${messageJson('m')} as json,
        -- Rows of room_mentions, reply_versions and hidden_texts are found in the snapshot, which may be older than the lock.
        (m.mentions, m.content, m.attempt, coalesce(m.status, ''), coalesce(m.reply -> 'chosen', '{}'), m.hidden_at is null) is distinct from (
          select (seen.mentions, seen.content, seen.attempt, coalesce(seen.status, ''), coalesce(seen.reply -> 'chosen', '{}'), seen.hidden_at is null)
          from messages seen where seen.id = m.id
        ) as raced
      from messages m cross join actor cross join (select count(*) from job) locked_first
      where m.id = ${messageId}::uuid and m.room_id = ${roomId}::uuid and m.kind <> 'system' and m.deleted_at is null
      for no key update of m
    ),
    ${nextRev(membersRev, Prisma.sql`and not found.raced ${raising.guard}`)},
    ended as (${endJobs(
      Prisma.sql`${actor.userId}::uuid`,
      Prisma.sql`counter, job`,
      Prisma.sql`j.id = job.id and job.id = ${messageId}::uuid and job.unfinished`,
    )}),
    -- A question is the text of the message that asked it. A worker that is writing the answer has read it; a worker that starts later is
    -- refused.
    unasked as (${forgetQuestions(
      Prisma.sql`counter, job`,
      Prisma.sql`j.id = job.id and (job.id <> ${messageId}::uuid or not job.unfinished)`,
    )}),
    versions as (${blankVersions(messageId)}),
    hidden as (${takeHiddenText(Prisma.sql`counter, found`, Prisma.sql`found.id`)}),
    -- The memories of characters forget the message too.
    ${forgetSummaries(Prisma.sql`counter, found`, Prisma.sql`found.room_id`, Prisma.sql`found.seq`)},
    unreceipted as (${deleteReceipts(Prisma.sql`counter, found`, Prisma.sql`found.id`)}),
    forgotten as (${forgetEarlier(Prisma.sql`counter, found`, Prisma.sql`found.room_id`, Prisma.sql`found.seq`)}),
    unmentioned as (${deleteMentions(
      Prisma.sql`counter, found, lateral jsonb_array_elements_text(found.mentions) before (id)`,
      Prisma.sql`r.user_id = before.id::uuid and r.room_id = found.room_id and r.seq = found.seq`,
    )}),
    changed as (${changeMessages({
      set: {
        content: Prisma.sql`''`,
        words: Prisma.sql`null`,
        mentions: Prisma.sql`'[]'`,
        reactions: Prisma.sql`'[]'`,
        pinnedAt: Prisma.sql`null`,
        hiddenAt: Prisma.sql`null`,
        deletedAt: Prisma.sql`clock_timestamp()`,
        status: Prisma.sql`case when ended.stop_requested_by is null then m.status else 'stopped' end`,
        reply: Prisma.sql`case when ended.stop_requested_by is null then m.reply - 'tools' - 'instruction'
          else (m.reply - 'tools' - 'instruction') || jsonb_build_object('stoppedBy', ended.stop_requested_by, 'finishedAt', ${instantNow}) end`,
      },
      from: Prisma.sql`found left join ended on true`,
      id: Prisma.sql`found.id`,
    })})
    ${
      message.authorType === 'user' && message.authorId !== actor.userId
        ? Prisma.sql`, audited as (${auditEntries(
            { event: 'message.deleted', by: actor, subject: { kind: 'message', id: Prisma.sql`changed.id` }, roomId },
            Prisma.sql`changed`,
          )})`
        : Prisma.empty
    }
    ${raising.ctes}
    select change.*, (select ${stopOrder('ended')} from ended join job on job.id = ended.id where job.live) as stopped
    from (${changedMessage(raising.jobs)}) change`);
  if (row) {
    const deleted = announceChange(deps, room, row);
    if (row.stopped) deps.bus.publish(channels.replyStop(messageId), row.stopped);
    return deleted;
  }
  const current = await loadMessage(deps, messageId);
  if (current.deletedAt === null) throw new StaleMembershipError();
  return unchanged(room, current);
}
