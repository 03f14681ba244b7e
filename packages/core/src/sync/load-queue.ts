import { maxListedQueue, type QueuedReply } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import { replyKinds } from '../jobs/agent-kinds.js';
import { inSight, nthOfAsker } from '../jobs/turns.js';

/** The answers of a room that are not finished. */
export interface RoomQueue {
  /** Those that are being written, those that wait in the order of their turns, and those that wait for a person; the first ones of many. */
  replies: QueuedReply[];
  /** How many there are in all. */
  count: number;
}

/** Reads what everyone in a room may know of its queue: private answers are none of it. */
export async function loadQueue({ db }: Pick<CoreDeps, 'db'>, roomId: string): Promise<RoomQueue> {
  const rows = await db.$queryRaw<{ reply: QueuedReply; waitsFor: QueuedReply['waitsFor'] | null; count: number }[]>(Prisma.sql`
    select json_build_object('messageId', m.id, 'character', json_build_object('id', m.author_id, 'name', m.author_name),
        'askedBy', json_build_object('id', u.id, 'name', u.display_name), 'writing', j.state = 'streaming') as reply,
      (
        select json_build_object('id', w.id, 'name', w.display_name) from users w
        where j.state = 'queued' and w.id = (jsonb_path_query_first(j.steps, ${waiting}::jsonpath) #>> '{}')::uuid
      ) as "waitsFor",
      count(*) over ()::int as count
    from (
      select j.*, ${nthOfAsker} from jobs j
      where j.room_id = ${roomId}::uuid and j.state <> 'done' and j.kind = any(${[...replyKinds]}::text[])
    ) j
      join messages m on m.id = j.id
      join users u on u.id = j.asked_by
    ${inSight} limit ${maxListedQueue}::int`);
  const replies = rows.map(({ reply, waitsFor }) => ({ ...reply, ...(waitsFor ? { waitsFor } : {}) }));
  return { replies: replies.toSorted((left, right) => Number(!!left.waitsFor) - Number(!!right.waitsFor)), count: rows[0]?.count ?? 0 };
}

/** Who may allow the call of a tool for which an answer rests. */
const waiting = '$[*].calls[*] ? (@.state == "waiting").wait.for';
