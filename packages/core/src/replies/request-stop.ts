import { AppError, isInProgress, replyErrors, type MessageView } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import type { Actor } from '../sessions/actor.js';
import { replyKinds } from '../jobs/agent-kinds.js';
import { stopJob } from '../jobs/stop-job.js';
import { instantNow } from '../protocol/instant.js';
import { loadMessage } from '../messages/load-message.js';
import { isOwn, type AuthorizedMessage } from '../access/authorized-message.js';
import { StaleMembershipError } from '../access/authorized-room.js';
import type { MessageRow } from '../protocol/message-rows.js';
import { changeMessages } from '../protocol/message-statements.js';
import { ensureMay } from '../access/ensure-may.js';
import { madeWebhookJobs, raiseEvents, wakeWebhooks } from '../webhooks/raise-events.js';
import { announceReply, lockMessageThenNumber, type WrittenReply } from '../protocol/reply-statement.js';

/**
 * Stops a reply. The person who asked for the reply may do this, and moderators of its room.
 *
 * A reply that waits, or whose worker's lease lapsed, ends here and now, without a text. For a reply that is being written, the order
 * goes into the job's row and onto the bus, and the worker ends the reply with the text so far. A reply that has ended is returned as it
 * is.
 *
 * @returns the message afterwards: still streaming if the worker will end it
 * @throws AppError MESSAGE_NOT_FOUND if the message is no reply; FORBIDDEN
 * @throws StaleMembershipError when membership changed since the reply was authorised
 */
export async function requestStop(deps: CoreDeps, reply: AuthorizedMessage): Promise<MessageView> {
  if (reply.kind !== 'reply') throw new AppError('MESSAGE_NOT_FOUND');
  ensureMay(reply.room, { own: isOwn(reply) }, { notOwn: 'Only who asked for the reply, or a moderator, can stop it.' });
  return await stop(deps, reply);
}

/** Ends a reply that waits, because the AI of its room was paused by `actor`, and stops one that is being written. */
export async function failPausedReply(deps: CoreDeps, actor: Actor, messageId: string): Promise<void> {
  const row = await endReply(deps, actor, messageId, {
    status: 'failed',
    error: { code: 'ROOM_AI_PAUSED', message: replyErrors.ROOM_AI_PAUSED },
  });
  if (row?.message) announceReply(deps, { ...row, message: row.message });
}

async function stop(deps: CoreDeps, { id: messageId, roomId, room: { actor, membersRev } }: AuthorizedMessage): Promise<MessageView> {
  const allowed = Prisma.sql`exists (select 1 from room_counters c where c.room_id = ${roomId}::uuid and c.members_rev = ${membersRev}::int)`;
  const row = await endReply(deps, actor, messageId, { status: 'stopped', error: null, membersRev, allowed });
  if (row?.message) return announceReply(deps, { ...row, message: row.message });
  // No message was written: a worker was told to stop, or the reply has ended (perhaps while the statement waited for a lock), or the
  // guards of the statement matched nothing.
  const message = await loadMessage(deps, messageId);
  if (!row?.told && isInProgress(message.status)) throw new StaleMembershipError();
  return message;
}

type EndedReply = Omit<WrittenReply, 'message'> & { message: MessageRow | null; webhooks: string[] | null };

interface EndOfWaiting {
  status: 'stopped' | 'failed';
  error: MessageView['error'];
  /** The `members_rev` that the actor relied on. @default any */
  membersRev?: number;
  /** @default true */
  allowed?: Prisma.Sql;
}

/** Ends a reply that nobody is writing, or tells its worker to stop. */
async function endReply(deps: CoreDeps, actor: Actor, messageId: string, { status, error, membersRev, allowed }: EndOfWaiting) {
  const guard = membersRev === undefined ? {} : { membersRev };
  const row = await stopJob<EndedReply>(deps, actor, messageId, {
    kinds: replyKinds,
    ...(allowed && { allowed }),
    permitted: Prisma.sql`${lockMessageThenNumber(guard)}, permitted as (select 1 as one from counter)`,
    written: Prisma.sql`written as (${changeMessages({
      set: {
        status: Prisma.sql`${status}::text`,
        // One that waits for somebody to allow a call has a text; any other that nobody is writing has none.
        content: Prisma.sql`m.content`,
        words: Prisma.sql`null`,
        error: Prisma.sql`${error && JSON.stringify(error)}::jsonb`,
        reply: Prisma.sql`m.reply || jsonb_build_object('finishedAt', ${instantNow},
          'stoppedBy', case when ${status}::text = 'stopped' then closed.stop_requested_by end)`,
      },
      from: Prisma.sql`closed`,
      id: Prisma.sql`closed.id`,
    })}),
    ${raiseEvents([{ event: 'reply.finished', subject: Prisma.sql`written.id`, from: Prisma.sql`written` }])}`,
    columns: Prisma.sql`written.json as message, counter.last_seq as seq, counter.last_rev as rev, ${madeWebhookJobs} as webhooks`,
    joins: Prisma.sql`left join counter on true`,
  });
  wakeWebhooks(deps, row?.webhooks ?? null);
  return row;
}
