import { Prisma } from '@parley/db';
import { ownerOf } from './ai-budget.js';
import { kindOfReply } from './agent-kinds.js';
import { callColumns, callValues, type JobKind } from './job.js';
import { standsAlone } from './stands-alone.js';

/** Parts of the statements that make a job, stop it, or have it done again. The statements of the job's worker are in `job-life.ts`. */

export interface NewJob {
  /** May be in SQL, as {@link kindOfReply} makes it. */
  kind: JobKind | Prisma.Sql;
  /** This field and all that follow are in SQL. */
  id: Prisma.Sql;
  room: Prisma.Sql;
  /** @default none: no character has a part in it */
  character?: Prisma.Sql;
  askedBy: Prisma.Sql;
  /** Whose tokens it costs; null: the asker's. Of a bot, its owner's. @default the asker */
  paidBy?: Prisma.Sql;
  request: Prisma.Sql;
  /** Not claimed before. @default now */
  availableAt?: Prisma.Sql;
  /** If this condition holds, there is nothing to do, and the job is inserted as done. @default false */
  refused?: Prisma.Sql;
  /** True where an index allows one such job at a time: then nothing is inserted while there is one. @default false */
  once?: boolean;
}

/**
 * Body of a CTE that inserts jobs, in the statement that writes what causes them. The jobs belong to the current call.
 *
 * @param from sources, without the word `from`; one job a row. It yields the jobs, see `wake-job.ts`
 */
export function insertJobs(
  {
    kind,
    id,
    room,
    character = Prisma.sql`null::uuid`,
    askedBy,
    paidBy = Prisma.sql`null::uuid`,
    request,
    availableAt = Prisma.sql`now()`,
    refused = Prisma.sql`false`,
    once = false,
  }: NewJob,
  from: Prisma.Sql,
) {
  return Prisma.sql`
    insert into jobs (id, kind, room_id, character_id, asked_by, paid_by, state, finished_at, request, available_at, ${callColumns})
    select ${id}, ${kind}, ${room}, ${character}, ${askedBy}, coalesce(${ownerOf(Prisma.sql`coalesce(${paidBy}, ${askedBy})`)}, ${paidBy}), case when ${refused} then 'done' else 'queued' end,
      case when ${refused} then clock_timestamp() end, ${request}, ${availableAt}, ${callValues()}
    from ${from} ${once ? Prisma.sql`on conflict do nothing` : Prisma.empty}
    returning id, kind, state, character_id`;
}

/**
 * Body of a CTE that ends jobs `j` as stopped, without waiting for their workers.
 *
 * @param by user id, in SQL @param from sources, without the word `from` @param which condition on `j` and the sources
 */
export function endJobs(by: Prisma.Sql, from: Prisma.Sql, which: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`
    update jobs j set state = 'done', lease_owner = null, lease_until = null, finished_at = clock_timestamp(), steps = '[]',
      request = j.request #- '{retry,instruction}', ${stopRequestedBy(by)}
    from ${from} where ${which}
    returning j.*`;
}

/** Assignments that ask the worker of a job `j` to stop it. The first person who asked stays recorded. @param by user id, in SQL */
export function stopRequestedBy(by: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`
    stop_requested_at = coalesce(j.stop_requested_at, clock_timestamp()), stop_requested_by = coalesce(j.stop_requested_by, ${by})`;
}

/** True of a job `j` that a worker is doing, under a lease that has not lapsed: that worker has the last word. */
export const isLive = Prisma.sql`(j.state = 'streaming' and j.lease_until > clock_timestamp())`;

/** Who paused the AI of the room of a job, if it is one of a character; else null: an expression. @param job alias of `jobs`; always a literal */
export function aiPausedBy(job: 'j' | 'job'): Prisma.Sql {
  return Prisma.raw(`(select paused.ai_paused_by from rooms paused
    where paused.id = ${job}.room_id and ${job}.character_id is not null and paused.ai_paused_at is not null)`);
}

/** The order to stop that the bus takes to the worker of a job, as JSON: see `StopPayload`. @param job alias of `jobs`; always a literal */
export function stopOrder(job: 'j' | 'ended'): Prisma.Sql {
  return Prisma.raw(`json_build_object('attempt', ${job}.attempt, 'stoppedBy', ${job}.stop_requested_by)`);
}

/**
 * Body of a CTE that has the job of a reply done again as if it had never been tried. The job now belongs to the current call.
 *
 * @param id in SQL @param from sources, without the word `from`
 * @param again.paidBy user id of whoever has it done again, who pays for it, or whose owner does @param again.retry a `ReplyRetry`, in SQL
 */
export function reopenJob(id: Prisma.Sql, { paidBy, retry }: { paidBy: string; retry: Prisma.Sql }, from: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`
    update jobs j set state = 'queued', kind = ${kindOfReply('reply', Prisma.sql`j.character_id`)}, tries = 0, steps = '[]', available_at = clock_timestamp(), finished_at = null, usage = null, request = j.request || jsonb_build_object('again', true, 'retry', ${retry}),
      paid_by = coalesce(${ownerOf(Prisma.sql`${paidBy}::uuid`)}, ${paidBy}::uuid), reserved_tokens = 0, reserved_cost = 0, reserved_on = null, stop_requested_at = null, stop_requested_by = null, (${callColumns}) = (select ${callValues()})
    from ${from} where j.id = ${id}
    returning j.*`;
}

/**
 * An expression for a `request`. If it asks for unread messages, the place where they begin is filled in from the asker's locked row,
 * because only that row knows the place.
 *
 * @param asked alias of the source that has the `request` @param own alias of the asker's row of `room_members`; always literals
 */
export function sinceLastRead(asked: string, own: string): Prisma.Sql {
  return Prisma.raw(`case when ${asked}.request -> 'scope' ->> 'kind' = 'unread'
    then jsonb_set(${asked}.request, '{scope,sinceSeq}', to_jsonb(${own}.last_read_seq)) else ${asked}.request end`);
}

/** What the characters that an edited text called are asked by it now. */
export interface NewQuestion {
  /** Of a character that it mentions, by the character's id, where that is not {@link text}. */
  mentioned: Readonly<Record<string, string>>;
  text: string;
}

/**
 * Body of a CTE that has jobs `j` ask what the edited text says, because nobody is to be told what it said before. A question that was
 * forgotten stays so. Parameters as of {@link endJobs}.
 */
export function changeQuestions({ mentioned, text }: NewQuestion, from: Prisma.Sql, which: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`
    update jobs j set request = jsonb_set(j.request, '{question}', to_jsonb(
      coalesce(case when j.request -> 'trigger' ->> 'kind' = 'mention' then ${JSON.stringify(mentioned)}::jsonb ->> j.character_id::text end, ${text}::text)))
    from ${from} where j.request ->> 'question' is not null and ${which}`;
}

/**
 * Body of a CTE that removes the question from jobs `j`, because the question is the text of a message that was deleted. If the reply
 * needs that text, the `data` that a command made of it is removed too. Parameters as of {@link endJobs}.
 */
export function forgetQuestions(from: Prisma.Sql, which: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`
    update jobs j set request = jsonb_set(case when ${standsAlone('j')} then j.request else j.request - 'data' end, '{question}', 'null')
      #- case j.state when 'done' then '{retry,instruction}'::text[] else '{}' end,
      -- One that rests until somebody allows a call is looked at now, and ended where it needs the question.
      available_at = case j.state when 'queued' then least(j.available_at, clock_timestamp()) else j.available_at end
    from ${from} where ${which}`;
}
