import { AppError, replyErrors, type MessageView, type PrivateReply } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { Actor } from '../sessions/actor.js';
import type { CoreDeps } from '../deps.js';
import { privateReplyKinds } from '../jobs/agent-kinds.js';
import { stopJob } from '../jobs/stop-job.js';
import { changePrivateReplies, writtenPrivately, type WrittenPrivateReply } from '../protocol/private-reply-statements.js';
import { privateReplyView } from '../protocol/private-reply-view.js';
import { publishInbox } from '../protocol/publish-membership.js';
import type { RoomAccess } from '../access/room-access.js';
import { tellAsker } from './private-reply-sink.js';
import { requestStop } from './request-stop.js';

/**
 * Stops a reply by its id: the actor's own private reply, or a reply in a room ({@link requestStop}). A private reply that waits, or
 * whose worker's lease lapsed, ends here and now; a worker that is writing ends it with the text so far; a reply that ended is returned
 * as it is.
 *
 * @throws AppError as {@link requestStop}; MESSAGE_NOT_FOUND for someone else's private reply, as for an unknown id
 */
export async function stopReply(
  deps: CoreDeps & { rooms: RoomAccess },
  actor: Actor,
  { messageId }: { messageId: string },
): Promise<MessageView | PrivateReply> {
  const own = await stop(deps, actor, messageId, false);
  return own ?? (await deps.rooms.runOfMessage(actor, messageId, 'replies.stop', (reply) => requestStop(deps, reply)));
}

/**
 * Puts a private reply away, for good and on all connections of its owner, and stops it if it is not finished.
 *
 * @throws AppError MESSAGE_NOT_FOUND if the reply is not the actor's
 */
export async function dismissPrivateReply(deps: CoreDeps, actor: Actor, id: string): Promise<PrivateReply> {
  const reply = await stop(deps, actor, id, true);
  if (!reply) throw new AppError('MESSAGE_NOT_FOUND', 'There is no such private reply of yours.');
  publishInbox(deps, actor.userId, { type: 'privateReplyDismissed', id: reply.id });
  return reply;
}

/** Ends a private reply that waits, whoever asked for it, because the AI of its room was paused by `actor`, and stops one that is being written. */
export async function failPausedPrivateReply(deps: CoreDeps, actor: Actor, id: string): Promise<void> {
  const error = { code: 'ROOM_AI_PAUSED', message: replyErrors.ROOM_AI_PAUSED };
  const row = await stopJob<WrittenPrivateReply>(deps, actor, id, {
    kinds: privateReplyKinds,
    permitted: Prisma.sql`permitted as (select 1 as one)`,
    written: Prisma.sql`written as (${changePrivateReplies(
      { status: Prisma.sql`'failed'`, finishedAt: Prisma.sql`closed.finished_at`, error: Prisma.sql`${JSON.stringify(error)}::jsonb` },
      Prisma.sql`closed`,
      Prisma.sql`p.id = closed.id`,
    )})`,
    columns: writtenPrivately,
  });
  if (row?.reply) tellAsker(deps, row);
}

/** Returns null if the actor has no private reply with this id. */
async function stop(deps: CoreDeps, actor: Actor, id: string, dismiss: boolean): Promise<PrivateReply | null> {
  const row = await stopJob<WrittenPrivateReply & { ended: boolean }>(deps, actor, id, {
    kinds: privateReplyKinds,
    whose: Prisma.sql`and j.asked_by = actor.id`,
    permitted: Prisma.sql`permitted as (select 1 as one)`,
    written: Prisma.sql`written as (${changePrivateReplies(
      {
        dismissedAt: dismiss ? Prisma.sql`coalesce(p.dismissed_at, clock_timestamp())` : Prisma.sql`p.dismissed_at`,
        status: Prisma.sql`case when closed.id is null then p.status else 'stopped' end`,
        finishedAt: Prisma.sql`coalesce(closed.finished_at, p.finished_at)`,
      },
      Prisma.sql`actor left join closed on true`,
      Prisma.sql`p.id = ${id}::uuid and p.user_id = actor.id`,
    )})`,
    columns: Prisma.sql`${writtenPrivately}, exists (select 1 from closed) as ended`,
  });
  if (!row?.reply) return null;
  return row.ended ? tellAsker(deps, row) : privateReplyView(row.reply);
}
