import { agentModel, AppError, isInProgress, noLimits, type BudgetLimits, type MessageView, type ReplyRetry } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { activeActor } from '../sessions/active-actor.js';
import type { CoreDeps } from '../deps.js';
import { shownAttempt } from '../protocol/message-rows.js';
import { changeMessages } from '../protocol/message-statements.js';
import { loadMessage } from '../messages/load-message.js';
import { isOwn, type AuthorizedMessage } from '../access/authorized-message.js';
import { refusalBy, StaleMembershipError } from '../access/authorized-room.js';
import { ensureMay } from '../access/ensure-may.js';
import { replyKinds } from '../jobs/agent-kinds.js';
import { waitingJobs, wakeJobs, type WaitingJob } from '../jobs/wake-job.js';
import { reopenJob } from '../jobs/job-statements.js';
import { answerable, standsAlone } from '../jobs/stands-alone.js';
import { keepVersions } from '../messages/reply-versions.js';
import { checkAiBudget } from '../jobs/ai-budget.js';
import { announceReply, lockMessageThenNumber, type WrittenReply } from '../protocol/reply-statement.js';
import { accountOpen } from '../sessions/standing-session.js';

export interface RegenerateInput {
  /**
   * What calls may use in a day and a month. If it is used up, the call fails and the text stays.
   *
   * @default any amount
   */
  budgets?: BudgetLimits;
  /** `provider:model` that writes this attempt alone. @default the one that was asked for, else the character's */
  model?: string | undefined;
  /** How it is to be written, in the actor's words. @default as it was */
  instruction?: string | undefined;
}

/**
 * Has a reply that has ended written again, in its place. The person who asked for the reply may do this, and moderators; every
 * member where the room says so. The reply is
 * queued as if it had never been tried, and a worker's claim makes the next attempt. The text it has is kept as a version. A model and an
 * instruction are of this attempt alone: whoever has it written again without them has it written as it was asked for. The tokens count
 * for the actor, also those of replies that the new text calls for.
 *
 * @throws AppError MESSAGE_NOT_FOUND; FORBIDDEN; MESSAGE_NOT_EDITABLE if the message is no reply, is too old, came with an import, or was asked for
 *   by an account that is closed; REPLY_IN_PROGRESS, also for the second of two calls at once; MESSAGE_DELETED if the reply or its
 *   question was deleted; CHARACTER_NOT_FOUND if its author has left; ROOM_ARCHIVED; ROOM_AI_PAUSED; AI_BUDGET_EXCEEDED; CONFLICT
 */
export async function regenerateReply(
  deps: CoreDeps,
  reply: AuthorizedMessage,
  { budgets = noLimits, model, instruction }: RegenerateInput = {},
): Promise<MessageView> {
  const { room } = reply;
  if (reply.kind !== 'reply') throw new AppError('MESSAGE_NOT_EDITABLE', 'Only a reply can be written again.');
  const notOwn = 'Only who asked for the reply, or a moderator, can have it written again.';
  ensureMay(room, { own: isOwn(reply) }, { notOwn });
  const author = room.characters.find(({ character }) => character.id === reply.authorId)?.character;
  if (author?.model === agentModel && model !== undefined) {
    throw refusalBy(
      room,
      new AppError('VALIDATION', 'A program writes this character’s answers: it has no model to choose.', { field: 'model' }),
    );
  }
  if (!author) {
    throw refusalBy(room, new AppError('CHARACTER_NOT_FOUND', 'The character who wrote it has left the room.'));
  }
  if (room.aiPaused) throw refusalBy(room, new AppError('ROOM_AI_PAUSED'));
  // Check now: the worker would check the budget too, but by then the text is gone.
  await checkAiBudget(deps, { userId: room.actor.userId, roomId: room.roomId, characterId: reply.authorId }, budgets);
  return await requeue(deps, reply, { by: room.actor.userId, model, instruction });
}

async function requeue(
  deps: CoreDeps,
  { id, room: { actor, membersRev } }: AuthorizedMessage,
  wish: Omit<ReplyRetry, 'of'>,
): Promise<MessageView> {
  const [row] = await deps.db.$queryRaw<(WrittenReply & { waiting: WaitingJob[] | null })[]>(Prisma.sql`
    with actor as (${activeActor(actor)}),
    job as (
      select j.id, j.room_id from jobs j, actor
      where j.id = ${id}::uuid and j.kind = any(${[...replyKinds]}::text[]) and j.state = 'done' and ${questionStands} and ${askerStays}
      for no key update of j
    ),
    ended as (
      select m.id, m.attempt, m.content, m.status, m.reply, m.error, ${shownAttempt('m')} as shown
      from messages m join job on job.id = m.id where m.deleted_at is null and m.hidden_at is null
      for no key update of m
    ),
    ${lockMessageThenNumber({ membersRev, guard: Prisma.sql`and exists (select 1 from ended)` })},
    kept as (${keepVersions('ended', Prisma.sql`ended cross join counter`)}),
    queued as (${reopenJob(
      Prisma.sql`ended.id`,
      { paidBy: actor.userId, retry: Prisma.sql`${JSON.stringify(wish)}::jsonb || jsonb_build_object('of', ended.shown)` },
      Prisma.sql`ended, counter`,
    )}),
    again as (${changeMessages({
      set: {
        status: Prisma.sql`'queued'`,
        content: Prisma.sql`''`,
        words: Prisma.sql`null`,
        error: Prisma.sql`null`,
        reply: Prisma.sql`(m.reply - 'chosen' - 'instruction' - 'tools')
          || '{"model": null, "startedAt": null, "finishedAt": null, "stoppedBy": null, "usage": null}'
          || ${JSON.stringify({ instruction: wish.instruction })}::jsonb`,
      },
      from: Prisma.sql`queued`,
      id: Prisma.sql`queued.id`,
    })})
    select again.json as message, counter.last_seq as seq, counter.last_rev as rev, ${waitingJobs('queued')} as waiting
    from again, counter`);
  if (!row) throw await whyNot(deps, id);
  const message = announceReply(deps, row);
  wakeJobs(deps, row.waiting);
  return message;
}

/**
 * True if what the reply answers is there, or it answers nothing. The reply that called it may be anywhere before it, and its deletion or hiding
 * does not look for all that it called.
 */
const questionStands = Prisma.sql`(${answerable('j')} and (${standsAlone('j')} or not exists (
  select 1 from messages called
  where called.id = (j.request -> 'trigger' ->> 'messageId')::uuid and (called.deleted_at is not null or called.hidden_from_ai))))`;

/** True if the asker's account is open. For a closed account the worker would fail the reply, and its text would be gone for nothing. */
const askerStays = Prisma.sql`exists (select 1 from users u where u.id = j.asked_by and ${accountOpen})`;

async function whyNot(deps: Pick<CoreDeps, 'db'>, messageId: string): Promise<Error> {
  const message = await loadMessage(deps, messageId);
  if (message.deletedAt !== null) return new AppError('MESSAGE_DELETED');
  if (message.hidden) return new AppError('MESSAGE_HIDDEN');
  if (isInProgress(message.status)) return new AppError('REPLY_IN_PROGRESS');
  const [job] = await deps.db.$queryRaw<{ answerable: boolean; askerStays: boolean }[]>(Prisma.sql`
    select ${questionStands} as answerable, ${askerStays} as "askerStays" from jobs j where j.id = ${messageId}::uuid`);
  if (!job) return new AppError('MESSAGE_NOT_EDITABLE', 'The reply is too old to be written again, or came with an import. Ask anew.');
  if (!job.answerable) return new AppError('MESSAGE_DELETED', 'The message it answers was deleted, or hidden from the AI.');
  if (!job.askerStays) return new AppError('MESSAGE_NOT_EDITABLE', 'The account of whoever asked is closed: the reply stays as it is.');
  return new StaleMembershipError();
}
