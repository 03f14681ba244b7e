import { maxRepliesPerMessage, mentionedHandles, type MessageView, type ReplyRequest } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { v7 as uuidv7 } from 'uuid';
import { numbersOf } from '../protocol/counter-statements.js';
import { askedCharacter, insertMessages } from '../protocol/message-statements.js';
import type { ClaimedReply } from '../jobs/claimed-reply.js';
import { insertJobs } from '../jobs/job-statements.js';

/** The calls that a reply makes when it ends. */
export interface CallsFromReply {
  called: { place: number; handle: string; id: string }[];
  request: ReplyRequest;
  reply: MessageView['reply'];
  authorId: string;
  askedBy: string;
}

/**
 * How much of the reply is kept with each job as its question, in UTF-16 units. The conversation has the whole text; this copy is for
 * code that reads only the question.
 */
const maxQuestionLength = 8_000;
/** How many handles are looked up. A handle that is no character of the room does not count towards {@link maxRepliesPerMessage}. */
const maxHandles = 50;

/**
 * Collects the handles that a finished reply mentions, so that these characters are called on behalf of the person who asked for the
 * reply. The last reply of a chain calls nobody: a reply to a person has depth 0, a reply that it calls has depth 1, and none is deeper
 * than `maxDepth`. A character that answers every message is called by another character's reply only if the reply mentions it. A
 * character never calls itself.
 *
 * @returns null if nobody is called
 */
export function callsFromReply(claim: ClaimedReply, content: string, { maxDepth }: { maxDepth: number }): CallsFromReply | null {
  const depth = (claim.request.depth ?? 0) + 1;
  const handles = mentionedHandles(content).filter((handle) => handle !== claim.character.handle);
  if (depth > maxDepth || handles.length === 0) return null;
  const trigger = { kind: 'mention' as const, messageId: claim.id };
  const question = [...content.slice(0, maxQuestionLength)].join('').toWellFormed();
  const unwritten = { model: null, startedAt: null, finishedAt: null, stoppedBy: null, usage: null };
  return {
    called: handles.slice(0, maxHandles).map((handle, place) => ({ place, handle, id: uuidv7() })),
    request: { trigger, question, scope: null, standalone: false, depth },
    reply: { askedBy: claim.askedBy.id, trigger, ...unwritten },
    authorId: claim.character.id,
    askedBy: claim.askedBy.id,
  };
}

/** How many characters are called: an expression, after {@link calledTable}. */
export const calledCount = Prisma.sql`(select count(*)::int from asked)`;

/**
 * A CTE `asked`, after a CTE `job`: the called handles that are characters of the room. A character answers one reply only once, however
 * often that reply is written again.
 */
export function calledTable({ called, authorId }: CallsFromReply): Prisma.Sql {
  return Prisma.sql`
    asked as (
      select h.id, c.id as character_id, c.name, c.handle, c.avatar, row_number() over (order by h.place)::int as place
      from job join messages asking on asking.id = job.id and asking.deleted_at is null
        join rooms r on r.id = job.room_id and r.archived_at is null,
        jsonb_to_recordset(${JSON.stringify(called)}::jsonb) as h (place int, handle text, id uuid)
        join characters c on c.handle = h.handle and c.deleted_at is null
        join room_characters rc on rc.character_id = c.id and rc.left_rev is null
      where rc.room_id = job.room_id and c.id <> ${authorId}::uuid and not exists (
        select 1 from messages answer
        where answer.room_id = asking.room_id and answer.seq > asking.seq and answer.author_id = c.id and answer.reply_to = asking.id
      )
      order by h.place limit ${maxRepliesPerMessage}::int
    )`;
}

/**
 * CTEs `answers`, which writes a queued reply for each row of `asked`, and `answer_jobs`, which writes the job of each. They stand after
 * a CTE `counter` that has taken their numbers.
 */
export function calledRows({ reply, request, askedBy }: CallsFromReply): Prisma.Sql {
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
        kind: 'reply',
        id: Prisma.sql`answers.id`,
        room: Prisma.sql`answers.room_id`,
        character: Prisma.sql`asked.character_id`,
        askedBy: Prisma.sql`${askedBy}::uuid`,
        request: Prisma.sql`${JSON.stringify(request)}::jsonb`,
      },
      Prisma.sql`answers join asked on asked.id = answers.id`,
    )})`;
}
