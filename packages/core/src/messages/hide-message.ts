import { AppError, type MessageView } from '@parley/contracts';
import { indexWordsInSteps } from '@parley/contracts/search';
import { Prisma } from '@parley/db';
import { refusalBy, StaleMembershipError, unchanged, type AuthorizedRoom } from '../access/authorized-room.js';
import { ensureMay } from '../access/ensure-may.js';
import type { AuthorizedMessage, MessageOrigin } from '../access/authorized-message.js';
import { auditEntries } from '../audit/audit-statements.js';
import type { CoreDeps } from '../deps.js';
import { forgetQuestions } from '../jobs/job-statements.js';
import { forgetSummaries } from '../memory/room-summary.js';
import { readInTurns } from '../protocol/long-text.js';
import { deleteMentions } from '../protocol/mention-statements.js';
import { messageJson, messageView } from '../protocol/message-rows.js';
import { changeMessages, textColumns } from '../protocol/message-statements.js';
import { publishRoomEvents } from '../protocol/publish-room-events.js';
import { forgetEarlier } from '../protocol/receipt-statements.js';
import { activeActor } from '../sessions/active-actor.js';
import type { Actor } from '../sessions/actor.js';
import { raisingIn, wakeWebhooks } from '../webhooks/raise-events.js';
import { changedMessage, nextRev, type MessageChange } from './change-message.js';
import { blanked, putAside, takeHiddenText } from './hidden-texts.js';
import { jobsOfMessage } from './jobs-of-message.js';
import { loadMessage } from './load-message.js';

/**
 * Keeps the text of a message from everybody, or shows it again: from members, characters, the search and files. Its place, its author and
 * its reactions stay. Moderators may look at it ({@link hiddenText}). A pin goes, and mentions count no more; neither comes back. In an
 * archived room too.
 *
 * @throws AppError MESSAGE_NOT_FOUND; FORBIDDEN, also for system lines and in direct rooms; MESSAGE_DELETED; REPLY_IN_PROGRESS; CONFLICT
 */
export async function hideMessage(deps: CoreDeps, message: AuthorizedMessage, { on }: { on: boolean }): Promise<MessageView> {
  const { room } = message;
  ensureMay(room, {}, { direct: 'Nobody moderates a one-to-one room. Report the message to the admins instead.' });
  const written = await write(deps, message, { on, actor: room.actor, membersRev: room.membersRev, hooked: room.hooked, admin: false });
  if (written?.after) return written.after;
  if (written?.same) return unchanged(room, written.before);
  throw refusalBy(room, await whyNot(deps, message.id));
}

/**
 * Hides a message that was reported to the admins, for one who is not in its room. Doing so again changes nothing.
 *
 * @throws AppError FORBIDDEN for system lines; MESSAGE_DELETED; REPLY_IN_PROGRESS; CONFLICT, also if the actor is no admin any more
 */
export async function hideAsAdmin(deps: CoreDeps, actor: Actor, message: MessageOrigin): Promise<MessageView> {
  const written = await write(deps, message, { on: true, actor, membersRev: null, hooked: true, admin: true });
  if (written) return written.after ?? written.before;
  const error = await whyNot(deps, message.id);
  throw AppError.is(error) ? error : new AppError('CONFLICT', undefined, { cause: error });
}

interface Hiding extends Pick<AuthorizedRoom, 'hooked' | 'actor'> {
  on: boolean;
  membersRev: number | null;
  /** True if being an admin is what allows it. */
  admin: boolean;
}

async function write(
  deps: CoreDeps,
  { id: messageId, kind, roomId }: MessageOrigin,
  { on, actor, membersRev, hooked, admin }: Hiding,
): Promise<{ before: MessageView; after: MessageView | null; same: boolean } | null> {
  if (kind === 'system') throw new AppError('FORBIDDEN', 'The record of what happened in a room cannot be hidden.');
  // A text that was put aside never changes, so what is read here is what the statement finds.
  const aside = on ? null : await deps.db.hiddenText.findUnique({ where: { messageId }, select: { content: true } });
  const words = aside ? await readInTurns(aside.content, indexWordsInSteps) : '';
  const touched = Prisma.sql`counter, found`;
  const raising = raisingIn({ hooked }, [{ event: 'message.updated', subject: Prisma.sql`changed.id`, from: Prisma.sql`changed` }]);
  const [row] = await deps.db.$queryRaw<MessageChange[]>(Prisma.sql`
    with actor as (
      select a.* from (${activeActor(actor)}) a ${admin ? Prisma.sql`join users u on u.id = a.id and u.is_admin` : Prisma.empty}
    ),
    job as (
      select j.id from jobs j, actor where j.id in (${jobsOfMessage(messageId)}) order by j.id for no key update of j
    ),
    found as (
      select m.id, m.room_id, m.seq, m.author_id, m.content, m.mentions, m.reply, m.hidden_from_ai,
        (m.hidden_at is not null) = ${on}::boolean as same, ${messageJson('m')} as json,
        -- Rows of room_mentions and hidden_texts are found in the snapshot, which may be older than the lock.
        (m.mentions, m.hidden_at is null) is distinct from (
          select (seen.mentions, seen.hidden_at is null) from messages seen where seen.id = m.id
        ) as raced
      from messages m cross join actor cross join (select count(*) from job) locked_first
      where m.id = ${messageId}::uuid and m.room_id = ${roomId}::uuid and m.kind <> 'system' and m.deleted_at is null
        and (m.status is null or m.status not in ('queued', 'streaming'))
      for no key update of m
    ),
    ${nextRev(membersRev, Prisma.sql`and not found.raced ${raising.guard}`)},
    unasked as (${forgetQuestions(
      Prisma.sql`counter, job`,
      Prisma.sql`${on}::boolean and j.id = job.id and job.id <> ${messageId}::uuid`,
    )}),
    ${forgetSummaries(touched, Prisma.sql`found.room_id`, Prisma.sql`found.seq`)},
    forgotten as (${forgetEarlier(touched, Prisma.sql`found.room_id`, Prisma.sql`found.seq`)}),
    ${on ? hiding(Prisma.sql`${actor.userId}::uuid`) : showing(words)},
    audited as (${auditEntries(
      { event: on ? 'message.hidden' : 'message.shown', by: actor, subject: { kind: 'message', id: Prisma.sql`changed.id` }, roomId },
      Prisma.sql`changed`,
    )})
    ${raising.ctes}
    ${changedMessage(raising.jobs)}`);
  if (!row || (!row.after && !row.same)) return null;
  const after = row.after && messageView(row.after);
  if (after) {
    publishRoomEvents(deps, roomId, [{ type: 'message', rev: after.rev, message: after }], { seq: row.seq ?? after.seq, rev: after.rev });
    wakeWebhooks(deps, row.webhooks ?? null);
  }
  return { before: messageView(row.before), after, same: row.same };
}

function hiding(by: Prisma.Sql): Prisma.Sql {
  const text = {
    id: Prisma.sql`found.id`,
    room: Prisma.sql`found.room_id`,
    person: Prisma.sql`coalesce((found.reply ->> 'askedBy')::uuid, found.author_id)`,
    content: Prisma.sql`found.content`,
    mentions: Prisma.sql`found.mentions`,
    reply: Prisma.sql`found.reply`,
    fromAi: Prisma.sql`found.hidden_from_ai`,
  };
  return Prisma.sql`
    unmentioned as (${deleteMentions(
      Prisma.sql`counter, found, lateral jsonb_array_elements_text(found.mentions) before (id)`,
      Prisma.sql`r.user_id = before.id::uuid and r.room_id = found.room_id and r.seq = found.seq`,
    )}),
    aside as (${putAside(by, text, Prisma.sql`found cross join counter`)}),
    changed as (${changeMessages({
      set: {
        ...blanked,
        pinnedAt: Prisma.sql`null`,
        reply: Prisma.sql`m.reply - 'tools' - 'instruction'`,
      },
      from: Prisma.sql`found`,
      id: Prisma.sql`found.id`,
    })})`;
}

function showing(words: string): Prisma.Sql {
  return Prisma.sql`
    aside as (${takeHiddenText(Prisma.sql`counter, found`, Prisma.sql`found.id`)}),
    changed as (${changeMessages({
      set: {
        content: Prisma.sql`coalesce(aside.content, '')`,
        words: textColumns('', words).words,
        mentions: Prisma.sql`coalesce(aside.mentions, '[]')`,
        hiddenAt: Prisma.sql`null`,
        hiddenFromAi: Prisma.sql`coalesce(aside.from_ai, false)`,
        reply: Prisma.sql`coalesce(aside.reply, m.reply)`,
      },
      from: Prisma.sql`found left join aside on true`,
      id: Prisma.sql`found.id`,
    })})`;
}

async function whyNot(deps: Pick<CoreDeps, 'db'>, messageId: string): Promise<Error> {
  const { deletedAt, status } = await loadMessage(deps, messageId);
  if (deletedAt !== null) return new AppError('MESSAGE_DELETED');
  if (status === 'queued' || status === 'streaming') return new AppError('REPLY_IN_PROGRESS');
  return new StaleMembershipError();
}
