import { AppError, splitCommand, type MessageView } from '@parley/contracts';
import { indexWordsInSteps } from '@parley/contracts/search';
import { Prisma } from '@parley/db';
import { changeQuestions, forgetQuestions, type NewQuestion } from '../jobs/job-statements.js';
import { activeActor } from '../sessions/active-actor.js';
import type { CoreDeps } from '../deps.js';
import { isOwn, type AuthorizedMessage } from '../access/authorized-message.js';
import { ensureMay } from '../access/ensure-may.js';
import { forgetSummaries } from '../memory/room-summary.js';
import { forgetEarlier } from '../protocol/receipt-statements.js';
import { announceChange, changedMessage, nextRev, staysAsItIs, whyUnchanged, type MessageChange } from './change-message.js';
import { findNamed } from './find-named.js';
import { blanked, hiddenByServer, putAside } from './hidden-texts.js';
import { loadMessage } from './load-message.js';
import { announceMentions, handlesOf, mentionsOf } from './mention-statement.js';
import { deleteMentions, insertMentions } from '../protocol/mention-statements.js';
import { messageJson } from '../protocol/message-rows.js';
import { readInTurns } from '../protocol/long-text.js';
import { raisingIn } from '../webhooks/raise-events.js';
import { changeMessages, textColumns } from '../protocol/message-statements.js';
import { hiddenBy, screenText, type InstanceWords, type Judge } from './screen-text.js';
import { jobsOfMessage } from './jobs-of-message.js';
import { planMentions, questionOf } from './plan-message.js';

/**
 * Changes the text of the actor's own message. Its mentions follow the new text, but no character is called anew. Characters that it called,
 * and that have not begun to answer or answer again, are asked what it says now. An edit to the same text changes nothing and takes no rev.
 *
 * @throws AppError MESSAGE_NOT_FOUND; FORBIDDEN to all but its author; MESSAGE_NOT_EDITABLE for a message that is no person's text, for
 * a command, and for a text that would become one; MESSAGE_REFUSED; MESSAGE_DELETED; ROOM_ARCHIVED; CONFLICT
 */
export async function editMessage(
  deps: CoreDeps,
  message: AuthorizedMessage,
  { content, blocked, judge }: { content: string; blocked?: InstanceWords; judge?: Judge | undefined },
): Promise<MessageView> {
  if (message.kind !== 'text' || message.authorType !== 'user') throw new AppError('MESSAGE_NOT_EDITABLE');
  ensureMay(message.room, { own: isOwn(message) }, { notOwn: 'Only its author can edit a message.', archived: staysAsItIs });
  if (splitCommand(content)) {
    throw new AppError('MESSAGE_NOT_EDITABLE', 'An edit cannot make a message a command. Send the command instead.', { field: 'content' });
  }
  // An edit never makes a command of a text or a text of a command, so what is read here stays true.
  const before = await loadMessage(deps, message.id);
  const wasCommand = splitCommand(before.content);
  // A text with a bot's name behind the slash, of before bots had commands, is a text.
  if (wasCommand && (wasCommand.bot === null || before.botCommand)) {
    throw new AppError('MESSAGE_NOT_EDITABLE', 'A command was answered as it was sent and cannot be edited. Send another.');
  }
  const text = await screenText(deps, message.room, content, blocked);
  const asks = judge && text !== before.content && !before.hidden && before.deletedAt === null;
  const hidden = asks ? await hiddenBy(judge, { room: message.room, content: text, of: { messageId: message.id } }) : false;
  return await edit(deps, message, text, hidden);
}

/** @param hidden whether the new text is put aside, as a moderator's hiding does */
async function edit(deps: CoreDeps, { id: messageId, room }: AuthorizedMessage, content: string, hidden: boolean): Promise<MessageView> {
  const { actor, roomId, membersRev } = room;
  const named = hidden ? null : await findNamed(deps, room, content);
  const words = await readInTurns(content, indexWordsInSteps);
  const mentions = mentionsOf(roomId, handlesOf(named ? planMentions(named, room.characters) : []));
  const raising = raisingIn(room, [{ event: 'message.updated', subject: Prisma.sql`changed.id`, from: Prisma.sql`changed` }]);
  const [row] = await deps.db.$queryRaw<MessageChange[]>(Prisma.sql`
    with actor as (${activeActor(actor)}),
    job as (
      select j.id from jobs j, actor where j.id in (${jobsOfMessage(messageId)}) order by j.id for no key update of j
    ),
    found as (
      select m.id, m.room_id, m.seq, m.author_id, m.hidden_from_ai, m.mentions, m.content = ${content}::text as same, ${messageJson('m')} as json,
        -- Which rows of room_mentions are to go is read from the snapshot, which may be older than the lock.
        m.mentions is distinct from (select seen.mentions from messages seen where seen.id = m.id) as raced
      from messages m cross join actor cross join (select count(*) from job) locked_first
      where m.id = ${messageId}::uuid and m.room_id = ${roomId}::uuid and m.author_id = actor.id and m.deleted_at is null and m.hidden_at is null
      for no key update of m
    ),
    ${nextRev(membersRev, Prisma.sql`and not found.raced ${raising.guard}`)},
    asked_anew as (${
      hidden
        ? forgetQuestions(Prisma.sql`counter, job`, Prisma.sql`j.id = job.id`)
        : changeQuestions(questionsOf(content, room), Prisma.sql`counter, job`, Prisma.sql`j.id = job.id`)
    }),
    ${mentions.table},
    -- What characters were told of the text before goes with it.
    ${forgetSummaries(Prisma.sql`counter, found`, Prisma.sql`found.room_id`, Prisma.sql`found.seq`)},
    unreceived as (${forgetEarlier(Prisma.sql`counter, found`, Prisma.sql`found.room_id`, Prisma.sql`found.seq`)}),
    changed as (${changeMessages({
      set: {
        ...(hidden ? { ...blanked, pinnedAt: Prisma.sql`null` } : { ...textColumns(content, words), mentions: mentions.ids }),
        editedAt: Prisma.sql`clock_timestamp()`,
      },
      from: Prisma.sql`found`,
      id: Prisma.sql`found.id`,
    })}),
    ${hidden ? puttingAside(roomId, content) : Prisma.empty}
    forgotten as (${deleteMentions(
      Prisma.sql`changed, found, lateral jsonb_array_elements_text(found.mentions) before (id)`,
      Prisma.sql`r.user_id = before.id::uuid and r.room_id = found.room_id and r.seq = found.seq
        and not exists (select 1 from mentioned where mentioned.user_id = r.user_id)`,
    )}),
    remembered as (${insertMentions(
      { user: Prisma.sql`mentioned.user_id`, room: Prisma.sql`found.room_id`, seq: Prisma.sql`found.seq`, message: Prisma.sql`found.id` },
      Prisma.sql`changed, found, mentioned
        where mentioned.user_id <> ${actor.userId}::uuid and not found.mentions @> to_jsonb(mentioned.user_id)`,
    )})
    ${raising.ctes}
    ${changedMessage(raising.jobs)}`);
  if (!row) throw await whyUnchanged(deps, room, messageId);
  const message = announceChange(deps, room, row);
  announceMentions(
    deps,
    room,
    messageId,
    message.mentions.filter((id) => !row.before.mentions.includes(id)),
  );
  return message;
}

/** CTEs that put the new text aside, and note it. */
function puttingAside(roomId: string, content: string): Prisma.Sql {
  const text = {
    id: Prisma.sql`found.id`,
    room: Prisma.sql`found.room_id`,
    person: Prisma.sql`found.author_id`,
    content: Prisma.sql`${content}::text`,
    mentions: Prisma.sql`'[]'::jsonb`,
    reply: Prisma.sql`null::jsonb`,
    fromAi: Prisma.sql`found.hidden_from_ai`,
  };
  return Prisma.sql`
    aside as (${putAside(Prisma.sql`null::uuid`, text, Prisma.sql`found cross join counter`)}),
    audited as (${hiddenByServer(roomId, Prisma.sql`changed`)}),`;
}

/** What the text asks each character that it called. */
function questionsOf(text: string, { characters }: Pick<AuthorizedMessage['room'], 'characters'>): NewQuestion {
  const asked = characters.map(({ character }) => [character.id, questionOf(text, character)] as const);
  return { text, mentioned: Object.fromEntries(asked.filter(([, question]) => question !== text)) };
}
