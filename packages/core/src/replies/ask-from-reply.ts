import { maxRepliesPerMessage, mentionedHandles, type MessageView, type ReplyRequest } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { v7 as uuidv7 } from 'uuid';
import type { CoreDeps } from '../deps.js';
import { messageJson, messageView, type MessageRow } from '../messages/message-view.js';
import { publishRoomEvents } from '../rooms/publish-room-events.js';
import type { ClaimedReply } from './claimed-reply.js';

export interface AskedFromReply {
  replies: MessageView[];
}

/** The question is also found in the conversation; kept with the job for what reads only that. */
const maxQuestionLength = 8_000;

/**
 * Calls the characters that a finished reply mentions, on behalf of whoever asked for it, unless it stands at the end of a chain:
 * a reply to a person has depth 0, one that it sets off 1, and none is deeper than `maxDepth`. Characters that answer always are
 * not set off by characters: only a mention counts, and never of oneself. A character answers one reply once, however often the
 * latter is written again.
 *
 * One statement: new rows and their jobs. A process that dies between the end of a reply and this sets nothing off.
 *
 * @param ended as `finishReply` returned it
 */
export async function askFromReply(
  deps: CoreDeps,
  claim: Pick<ClaimedReply, 'request' | 'askedBy' | 'correlationId'>,
  ended: MessageView,
  { maxDepth }: { maxDepth: number },
): Promise<AskedFromReply> {
  const depth = (claim.request.depth ?? 0) + 1;
  const handles = ended.status === 'complete' ? mentionedHandles(ended.content).filter((handle) => handle !== ended.author.handle) : [];
  if (depth > maxDepth || handles.length === 0) return { replies: [] };

  const trigger = { kind: 'mention' as const, messageId: ended.id };
  const question = [...ended.content.slice(0, maxQuestionLength)].join('').toWellFormed();
  const request: ReplyRequest = { trigger, question, scope: null, depth };
  const reply: MessageView['reply'] = {
    askedBy: claim.askedBy.id,
    trigger,
    model: null,
    startedAt: null,
    finishedAt: null,
    stoppedBy: null,
    usage: null,
  };
  const called = handles.slice(0, 50).map((handle, place) => ({ place, handle, id: uuidv7() }));
  const [row] = await deps.db.$queryRaw<{ replies: MessageRow[]; seq: number; rev: number }[]>(Prisma.sql`
    with asking as (
      select m.id, m.room_id from messages m join rooms r on r.id = m.room_id
      where m.id = ${ended.id}::uuid and m.attempt = ${ended.attempt}::int and m.status = 'complete' and m.deleted_at is null
        and r.archived_at is null
    ),
    asked as (
      select h.id, c.id as character_id, c.name, c.handle, c.avatar, row_number() over (order by h.place)::int as place
      from asking, jsonb_to_recordset(${JSON.stringify(called)}::jsonb) as h (place int, handle text, id uuid)
        join characters c on c.handle = h.handle and c.deleted_at is null
        join room_characters rc on rc.character_id = c.id and rc.left_rev is null and rc.room_id = ${ended.roomId}::uuid
      where c.id <> ${ended.author.id}::uuid and not exists (
        select 1 from messages answer
        where answer.room_id = asking.room_id and answer.seq > ${ended.seq}::int and answer.author_id = c.id and answer.reply_to = asking.id
      )
      order by h.place limit ${maxRepliesPerMessage}::int
    ),
    counter as (
      update room_counters c set last_seq = c.last_seq + total.count, last_rev = c.last_rev + total.count
      from asking, (select count(*)::int as count from asked) total
      where c.room_id = asking.room_id and total.count > 0
      returning c.last_seq, c.last_rev, total.count
    ),
    answers as (
      insert into messages as m (id, room_id, seq, rev, kind, author_type, author_id, author_name, author_handle, author_avatar,
        content, status, reply_to, reply)
      select asked.id, ${ended.roomId}::uuid, counter.last_seq - counter.count + asked.place, counter.last_rev - counter.count + asked.place,
        'reply', 'character', asked.character_id, asked.name, asked.handle, asked.avatar, '', 'queued', ${ended.id}::uuid,
        ${JSON.stringify(reply)}::jsonb
      from asked, counter order by asked.place
      returning m.id, m.room_id, m.seq, ${messageJson('m')} as json
    ),
    job as (
      insert into reply_jobs (message_id, room_id, character_id, asked_by, request, correlation_id)
      select answers.id, answers.room_id, asked.character_id, ${claim.askedBy.id}::uuid, ${JSON.stringify(request)}::jsonb,
        ${claim.correlationId}::text
      from answers join asked on asked.id = answers.id
    )
    select (select json_agg(answers.json order by answers.seq) from answers) as replies, counter.last_seq as seq, counter.last_rev as rev
    from counter`);
  if (!row) return { replies: [] };

  const replies = row.replies.map(messageView);
  const events = replies.map((message) => ({ type: 'message' as const, rev: message.rev, message }));
  publishRoomEvents(deps, ended.roomId, events, { seq: row.seq, rev: row.rev }, claim.correlationId ?? undefined);
  for (const { id } of replies) void deps.bus.jobs.enqueue(id);
  return { replies };
}
