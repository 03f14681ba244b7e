import { AppError, isInProgress, type MessageView } from '@parley/contracts';
import { indexWordsInSteps } from '@parley/contracts/search';
import { Prisma } from '@parley/db';
import { isOwn, type AuthorizedMessage } from '../access/authorized-message.js';
import { refusalBy, StaleMembershipError } from '../access/authorized-room.js';
import { ensureMay } from '../access/ensure-may.js';
import type { CoreDeps } from '../deps.js';
import { announceChange, changedMessage, nextRev, staysAsItIs, type MessageChange } from '../messages/change-message.js';
import { loadMessage } from '../messages/load-message.js';
import { keepVersions } from '../messages/reply-versions.js';
import { instantNow } from '../protocol/instant.js';
import { readInTurns } from '../protocol/long-text.js';
import { messageJson, shownAttempt } from '../protocol/message-rows.js';
import { changeMessages, textColumns } from '../protocol/message-statements.js';
import { activeActor } from '../sessions/active-actor.js';
import { raisingIn } from '../webhooks/raise-events.js';

interface Version {
  content: string;
  status: string;
}

/**
 * Makes a version of a reply its text, for everyone: later prompts, the search and exports have it. The text that the reply had is kept as
 * a version, so that choosing that one undoes it. The mentions of the version call nobody: they did when it was written. Whoever may have
 * the reply written again may choose. To choose what the reply shows changes nothing.
 *
 * @throws AppError MESSAGE_NOT_FOUND; FORBIDDEN; MESSAGE_NOT_EDITABLE if the message is no reply; MESSAGE_DELETED; REPLY_IN_PROGRESS;
 *   NO_VERSION for an attempt that is no version, failed, or has no text; ROOM_ARCHIVED; CONFLICT
 */
export async function chooseVersion(deps: CoreDeps, reply: AuthorizedMessage, { attempt }: { attempt: number }): Promise<MessageView> {
  if (reply.kind !== 'reply') throw new AppError('MESSAGE_NOT_EDITABLE', 'Only a reply has versions.');
  const { id: messageId, room } = reply;
  const notOwn = 'Only who asked for the reply, or a moderator, can choose its version.';
  ensureMay(room, { own: isOwn(reply) }, { notOwn, archived: staysAsItIs });
  const { actor, roomId, membersRev } = room;
  // A version never changes, so what is read here is what the statement finds.
  const words = await readInTurns((await loadVersion(deps, messageId, attempt))?.content ?? '', indexWordsInSteps);
  const raising = raisingIn(room, [{ event: 'message.updated', subject: Prisma.sql`changed.id`, from: Prisma.sql`changed` }]);
  const [row] = await deps.db.$queryRaw<MessageChange[]>(Prisma.sql`
    with actor as (${activeActor(actor)}),
    found as (
      select m.id, m.room_id, m.attempt, m.content, m.status, m.reply, m.error, ${messageJson('m')} as json,
        m.content <> '' and ${shownAttempt('m')} = ${attempt}::int as same
      from messages m, actor
      where m.id = ${messageId}::uuid and m.room_id = ${roomId}::uuid and m.deleted_at is null and m.hidden_at is null and m.status not in ('queued', 'streaming')
      for no key update of m
    ),
    wanted as (
      select v.* from reply_versions v join found on found.id = v.message_id
      where v.attempt = ${attempt}::int and v.content <> '' and v.status in ('complete', 'stopped')
    ),
    ${nextRev(membersRev, Prisma.sql`and exists (select 1 from wanted) ${raising.guard}`)},
    kept as (${keepVersions('found', Prisma.sql`found cross join counter`)}),
    changed as (${changeMessages({
      set: {
        status: Prisma.sql`wanted.status`,
        content: Prisma.sql`wanted.content`,
        words: textColumns('', words).words,
        error: Prisma.sql`wanted.error`,
        reply: Prisma.sql`coalesce(wanted.reply, (found.reply - 'instruction' - 'tools') || jsonb_build_object('model', wanted.model, 'usage', wanted.usage,
            'stoppedBy', null, 'finishedAt', to_char(wanted.finished_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')))
          || jsonb_build_object('chosen', jsonb_build_object('attempt', wanted.attempt, 'of', found.attempt, 'at', ${instantNow}))`,
      },
      from: Prisma.sql`found cross join wanted`,
      id: Prisma.sql`found.id`,
    })})
    ${raising.ctes}
    ${changedMessage(raising.jobs)}`);
  if (row?.after || row?.same) return announceChange(deps, room, row);
  throw refusalBy(room, await whyNot(deps, messageId, attempt));
}

async function loadVersion({ db }: Pick<CoreDeps, 'db'>, messageId: string, attempt: number): Promise<Version | null> {
  return db.replyVersion.findUnique({ where: { messageId_attempt: { messageId, attempt } }, select: { content: true, status: true } });
}

async function whyNot(deps: Pick<CoreDeps, 'db'>, messageId: string, attempt: number): Promise<Error> {
  const message = await loadMessage(deps, messageId);
  if (message.deletedAt !== null) return new AppError('MESSAGE_DELETED');
  if (message.hidden) return new AppError('MESSAGE_HIDDEN');
  if (isInProgress(message.status)) return new AppError('REPLY_IN_PROGRESS');
  const field = { field: 'attempt' };
  const version = await loadVersion(deps, messageId, attempt);
  if (!version || version.content === '') return new AppError('NO_VERSION', undefined, field);
  if (version.status === 'failed') return new AppError('NO_VERSION', 'That version failed before its end. Choose a whole one.', field);
  return new StaleMembershipError();
}
