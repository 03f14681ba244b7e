import { AppError, channels, type MessageView, type PrivateReply } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { activeActor } from '../sessions/active-actor.js';
import type { Actor } from '../sessions/actor.js';
import type { CoreDeps } from '../deps.js';
import { privateReplyJson, privateReplyView } from '../protocol/private-reply-view.js';
import { publishInbox } from '../protocol/publish-membership.js';
import type { RoomAccess } from '../access/room-access.js';
import { tellAsker, type WrittenPrivateReply } from './private-reply-statement.js';
import { requestStop } from './request-stop.js';

/**
 * Stops a reply by its id: one's own private reply, or one in a room ({@link requestStop}). A private one that waits, or whose
 * worker's lease lapsed, ends here and now; the worker that writes it ends it with the text so far; one that ended is returned as it is.
 *
 * @throws as {@link requestStop}; someone else's private reply is MESSAGE_NOT_FOUND like any id that never was
 */
export async function stopReply(deps: CoreDeps, actor: Actor, rooms: RoomAccess, id: string): Promise<MessageView | PrivateReply> {
  const own = await stop(deps, actor, id, false);
  return own ?? (await requestStop(deps, actor, rooms, id));
}

/**
 * Puts a private reply away, for good and on all its owner's connections; one that is not finished is stopped.
 *
 * @throws AppError MESSAGE_NOT_FOUND if it is not the actor's
 */
export async function dismissPrivateReply(deps: CoreDeps, actor: Actor, id: string): Promise<PrivateReply> {
  const reply = await stop(deps, actor, id, true);
  if (!reply) throw new AppError('MESSAGE_NOT_FOUND', 'There is no such private reply of yours.');
  publishInbox(deps, actor.userId, { type: 'privateReplyDismissed', id: reply.id });
  return reply;
}

interface Stopped extends WrittenPrivateReply {
  /** True if this statement wrote its end. */
  ended: boolean;
  /** The attempt whose worker is to end it, if there is one. */
  liveAttempt: number | null;
}

async function stop(deps: CoreDeps, actor: Actor, id: string, dismiss: boolean): Promise<PrivateReply | null> {
  const [row] = await deps.db.$queryRaw<Stopped[]>(Prisma.sql`
    with actor as (${activeActor(actor)}),
    found as (
      select p.id, p.status in ('queued', 'streaming') as unfinished, p.status = 'streaming' and p.lease_until > clock_timestamp() as live
      from private_replies p, actor where p.id = ${id}::uuid and p.user_id = actor.id
      for no key update of p
    )
    update private_replies p set
      dismissed_at = case when ${dismiss}::boolean then coalesce(p.dismissed_at, clock_timestamp()) else p.dismissed_at end,
      stop_requested_at = case when found.unfinished then coalesce(p.stop_requested_at, clock_timestamp()) else p.stop_requested_at end,
      (status, lease_owner, lease_until, finished_at) = (
        select case when over then 'stopped' else p.status end, case when over then null else p.lease_owner end,
          case when over then null else p.lease_until end, case when over then clock_timestamp() else p.finished_at end
        from (select found.unfinished and not found.live as over) decided
      )
    from found where p.id = found.id
    returning p.user_id as "userId", p.dismissed_at is not null as dismissed, ${privateReplyJson('p')} as reply,
      found.unfinished and not found.live as ended, case when found.unfinished and found.live then p.attempt end as "liveAttempt"`);
  if (!row) return null;
  if (row.ended) return tellAsker(deps, row);
  if (row.liveAttempt !== null) {
    deps.bus.publish(channels.replyStop(id), { attempt: row.liveAttempt, stoppedBy: actor.userId });
  }
  return privateReplyView(row.reply);
}
