import { cutText, maxCallsPerMessage, maxRepliesPerMessage, type MessageView, type ReplyRequest } from '@parley/contracts';
import { mentionsInSteps } from '@parley/contracts/markdown';
import { Prisma } from '@parley/db';
import { v5 as uuidv5, v7 as uuidv7 } from 'uuid';
import { numbersOf } from '../protocol/counter-statements.js';
import { readInTurns } from '../protocol/long-text.js';
import { askedCharacter, insertMessages } from '../protocol/message-statements.js';
import type { ClaimedReply } from '../jobs/claimed-reply.js';
import { kindOfReply } from '../jobs/agent-kinds.js';
import { insertJobs } from '../jobs/job-statements.js';
import { charactersStopped } from '../protocol/system-facts.js';
import { insertLine } from '../protocol/system-line.js';

/** The calls that a reply makes when it ends. */
export interface CallsFromReply {
  /**
   * One row for each handle that a mention may mean: `place` counts the mentions, `rank` the handles of each, the longest first. `id` is
   * that of the reply, should this be the character that is meant.
   */
  called: { place: number; rank: number; handle: string; id: string }[];
  request: ReplyRequest;
  reply: MessageView['reply'];
  authorId: string;
  askedBy: string;
  /** Who pays for the reply that calls pays for what it calls for. */
  paidBy: string;
  /** The most replies that this one may cause, with all that they cause. */
  callsLeft: number;
  /**
   * Set where a limit lets this reply call nobody: the id of the line that says so, the same for all that one message set off. Null where it
   * may call.
   */
  stopLine: string | null;
}

/**
 * How much of the reply is kept with each job as its question, in UTF-16 units. The conversation has the whole text; this copy is for
 * code that reads only the question.
 */
const maxQuestionLength = 8_000;
/** How many mentions are looked up. One that means no character of the room does not count towards {@link maxRepliesPerMessage}. */
const maxMentions = 50;
/** How much of a reply is read for mentions, in UTF-16 units: reading holds the process, and a reply may be eight times as long. */
const maxRead = 32_768;
/** More than a handle and the sign before it may have, in UTF-16 units. */
const maxWord = 64;

/** What of an attempt's reply tells whom it may call. */
export type CallingReply = Pick<ClaimedReply, 'id' | 'request' | 'paidBy'> & {
  character: Pick<ClaimedReply['character'], 'id' | 'handle'>;
  askedBy: Pick<ClaimedReply['askedBy'], 'id'>;
};

/**
 * Collects the handles that a finished reply mentions, so that these characters are called on behalf of the person who asked for the
 * reply, and paid for by whoever pays for it. The last reply of a chain calls nobody: a reply to a person has depth 0, a reply that it calls has depth 1, and none is deeper
 * than `maxDepth`. All that one message causes is at most `maxCallsPerMessage` replies, because each reply divides what it may cause among those that it calls. A character that answers every message is called by another character's reply only if the reply mentions it. A
 * character never calls itself. Where a limit keeps a reply from calling, one line says so for all that a message set off.
 *
 * @param cut true if the text ends where a limit ended it: a name at its end may be half of one, and calls nobody
 * @returns null if nobody is named, or if characters do not answer each other here
 */
export async function callsFromReply(
  claim: CallingReply,
  content: string,
  { maxDepth, cut = false }: { maxDepth: number; cut?: boolean },
): Promise<CallsFromReply | null> {
  const depth = (claim.request.depth ?? 0) + 1;
  const callsLeft = claim.request.callsLeft ?? maxCallsPerMessage;
  // Where characters do not answer each other at all, nobody waits for them to.
  if (maxDepth <= 0) return null;
  const stops = depth > maxDepth || callsLeft <= 0;
  const root = claim.request.root ?? claim.request.trigger.messageId;
  const mentions = (await readInTurns(readable(content, cut), mentionsInSteps)).filter(([longest]) => longest !== claim.character.handle);
  if (mentions.length === 0) return null;
  const trigger = { kind: 'mention' as const, messageId: claim.id };
  const question = cutText(content, maxQuestionLength);
  const unwritten = { model: null, startedAt: null, finishedAt: null, stoppedBy: null, usage: null };
  return {
    called: mentions
      .slice(0, maxMentions)
      .flatMap((handles, place) => handles.map((handle, rank) => ({ place, rank, handle, id: uuidv7() }))),
    request: { trigger, question, scope: null, standalone: false, depth, root },
    reply: { askedBy: claim.askedBy.id, trigger, ...unwritten },
    authorId: claim.character.id,
    askedBy: claim.askedBy.id,
    paidBy: claim.paidBy,
    callsLeft,
    stopLine: stops ? uuidv5(`characters stopped after ${root}`, stopLines) : null,
  };
}

/** The namespace of the ids of such lines. */
const stopLines = 'b1f6c1a4-6a5c-5d1e-9a5e-1d0b7c3f2a10';

/** How much of the reply that called is read of its row, in characters: {@link maxQuestionLength} and more than one sign may have. */
const maxCallingLength = maxQuestionLength + 100;

/**
 * The text of a row `called` of `messages`, as it is now, if what it asks is read of it and not of the job: of a reply, and of a message that a
 * character answers because it has something to say. Else null. An expression, for {@link askedNow}.
 *
 * @param job alias of `jobs`; always a literal
 */
export function callingText(job: 'j' | 'job'): Prisma.Sql {
  return Prisma.sql`case when called.kind = 'reply' then left(called.content, ${maxCallingLength}::int)
    when ${Prisma.raw(job)}.request -> 'trigger' ->> 'kind' = 'ambient' then called.content end`;
}

/**
 * The request of a reply, with what the message that called it says now: that may have been edited or written again since, and nobody is to
 * be told what it said before.
 *
 * @param calling as {@link callingText} gives it
 */
export function askedNow(request: ReplyRequest, calling: string | null): ReplyRequest {
  if (calling === null || request.question === null) return request;
  return { ...request, question: request.trigger.kind === 'ambient' ? calling : cutText(calling, maxQuestionLength) };
}

/** The part of a reply that may call. Where it was cut, the last word is left out if it has the sign of a mention. */
function readable(content: string, cut: boolean): string {
  const read = cutText(content, maxRead);
  if (!cut && read.length === content.length) return read;
  let start = read.length;
  while (start > 0 && read.length - start < maxWord && !/[\s@＠]/u.test(read[start - 1]!)) start--;
  return /[@＠]/.test(read[start - 1] ?? '') ? read.slice(0, start - 1) : read;
}

/** How many characters are called: an expression, after {@link calledTable}. */
export const calledCount = Prisma.sql`(select count(*)::int from asked)`;

/**
 * A CTE `asked`, after a CTE `job`: the characters of the room that are called. Of the handles that a mention may mean, the longest that a
 * character or a member of the room has is meant. A character answers one reply only once, however often that reply is written again.
 */
export function calledTable({ called, authorId, callsLeft, stopLine }: CallsFromReply): Prisma.Sql {
  const most = stopLine ? 1 : Math.min(maxRepliesPerMessage, callsLeft);
  const unsaid = stopLine ? Prisma.sql`and not exists (select 1 from messages line where line.id = ${stopLine}::uuid)` : Prisma.empty;
  return Prisma.sql`
    meant as (
      select distinct on (h.place) h.place, h.id, rc.character_id
      from job,
        jsonb_to_recordset(${JSON.stringify(called)}::jsonb) as h (place int, rank int, handle text, id uuid)
        left join characters c on c.handle = h.handle and c.deleted_at is null
        left join users u on u.username = h.handle
        left join room_characters rc on rc.room_id = (select room_id from job) and rc.character_id = c.id and rc.left_rev is null
        left join room_members m on m.room_id = (select room_id from job) and m.user_id = u.id and m.left_rev is null
      where rc.character_id is not null or m.user_id is not null
      order by h.place, h.rank
    ),
    called as (
      select distinct on (character_id) place, id, character_id from meant where character_id is not null order by character_id, place
    ),
    asked as (
      select h.id, c.id as character_id, c.name, c.handle, c.avatar, row_number() over (order by h.place)::int as place
      from job join messages asking on asking.id = job.id and asking.deleted_at is null
        join rooms r on r.id = job.room_id and r.archived_at is null and r.ai_paused_at is null
        cross join called h
        join characters c on c.id = h.character_id
      where c.id <> ${authorId}::uuid and not exists (
        select 1 from messages answer
        where answer.room_id = asking.room_id and answer.seq > asking.seq and answer.author_id = c.id and answer.reply_to = asking.id
      ) ${unsaid}
      order by h.place limit ${most}::int
    )`;
}

/**
 * CTEs `answers`, which writes a queued reply for each row of `asked`, and `answer_jobs`, which writes the job of each; or `answers` with the
 * line that says why nobody is called, if there is a row. They stand after a CTE `counter` that has taken their numbers.
 */
export function calledRows({ reply, request, askedBy, paidBy, callsLeft, stopLine }: CallsFromReply): Prisma.Sql {
  if (stopLine) {
    return Prisma.sql`
      answers as (${insertLine(Prisma.sql`${stopLine}::uuid`, Prisma.sql`counter.room_id`, numbersOf('counter'), charactersStopped, Prisma.sql`asked cross join counter`)}),
      answer_jobs as (select null::uuid as id, null as kind, null as state, null::uuid as character_id where false)`;
  }
  return Prisma.sql`
    answers as (${insertMessages(
      {
        id: Prisma.sql`asked.id`,
        room: Prisma.sql`job.room_id`,
        ...numbersOf('counter', Prisma.sql`${calledCount} - asked.place`),
        kind: 'reply',
        author: askedCharacter,
        replyTo: Prisma.sql`job.id`,
        values: { content: Prisma.sql`''`, status: Prisma.sql`'queued'`, reply: Prisma.sql`${JSON.stringify(reply)}::jsonb` },
      },
      Prisma.sql`asked cross join counter cross join job order by asked.place`,
    )}),
    answer_jobs as (${insertJobs(
      {
        kind: kindOfReply('reply', Prisma.sql`asked.character_id`),
        id: Prisma.sql`answers.id`,
        room: Prisma.sql`answers.room_id`,
        character: Prisma.sql`asked.character_id`,
        askedBy: Prisma.sql`${askedBy}::uuid`,
        paidBy: Prisma.sql`${paidBy}::uuid`,
        request: Prisma.sql`${JSON.stringify(request)}::jsonb || jsonb_build_object('callsLeft', (${callsLeft}::int - ${calledCount}) / ${calledCount})`,
      },
      Prisma.sql`answers join asked on asked.id = answers.id`,
    )})`;
}
