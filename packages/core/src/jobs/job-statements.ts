import { Prisma } from '@parley/db';
import { callColumns, callValues, type JobKind } from './job.js';
import { standsAlone } from './stands-alone.js';

/** Parts of statements by which others than workers write jobs: whoever causes one, stops it, or has it done again. */

export interface NewJob {
  kind: JobKind;
  /** All in SQL. */
  id: Prisma.Sql;
  room: Prisma.Sql;
  character: Prisma.Sql;
  askedBy: Prisma.Sql;
  request: Prisma.Sql;
  /** A condition under which there is nothing to do: its row says so from the start. @default false */
  refused?: Prisma.Sql;
}

/** Body of a CTE that makes jobs, in the statement of what causes them and for the call that this is. @param from sources, without the word `from`; one job a row */
export function insertJobs({ kind, id, room, character, askedBy, request, refused = Prisma.sql`false` }: NewJob, from: Prisma.Sql) {
  return Prisma.sql`
    insert into jobs (id, kind, room_id, character_id, asked_by, state, finished_at, request, ${callColumns})
    select ${id}, ${kind}, ${room}, ${character}, ${askedBy}, case when ${refused} then 'done' else 'queued' end,
      case when ${refused} then clock_timestamp() end, ${request}, ${callValues()}
    from ${from}`;
}

/**
 * Body of a CTE that ends jobs `j` as stopped, without their workers.
 *
 * @param by user id, in SQL @param from sources, without the word `from` @param which condition on `j` and the sources
 */
export function endJobs(by: Prisma.Sql, from: Prisma.Sql, which: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`
    update jobs j set state = 'done', lease_owner = null, lease_until = null, finished_at = clock_timestamp(), ${stopRequestedBy(by)}
    from ${from} where ${which}
    returning j.*`;
}

/** Assignments that ask the worker of a job `j` to stop it. The first who asked stays. @param by user id, in SQL */
export function stopRequestedBy(by: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`
    stop_requested_at = coalesce(j.stop_requested_at, clock_timestamp()), stop_requested_by = coalesce(j.stop_requested_by, ${by})`;
}

/** Whether a job `j` is under way, and its worker has the last word. */
export const isLive = Prisma.sql`(j.state = 'streaming' and j.lease_until > clock_timestamp())`;

/** The order on the bus for the worker of a job, as JSON: see `StopPayload`. @param job alias of `jobs`; always a literal */
export function stopOrder(job: 'j' | 'ended'): Prisma.Sql {
  return Prisma.raw(`json_build_object('attempt', ${job}.attempt, 'stoppedBy', ${job}.stop_requested_by)`);
}

/**
 * Body of a CTE that has a job done again as if it had never been tried, for the call that this is.
 *
 * @param id in SQL @param from sources, without the word `from`
 */
export function reopenJob(id: Prisma.Sql, from: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`
    update jobs j set state = 'queued', tries = 0, steps = '[]', available_at = clock_timestamp(), finished_at = null, usage = null,
      stop_requested_at = null, stop_requested_by = null, (${callColumns}) = (select ${callValues()})
    from ${from} where j.id = ${id}
    returning j.*`;
}

/**
 * A request whose messages begin where the asker had read to: filled in from the asker's locked row, since only that knows it.
 *
 * @param asked alias of what has the `request` @param own alias of the asker's row of `room_members`; always literals
 */
export function sinceLastRead(asked: string, own: string): Prisma.Sql {
  return Prisma.raw(`case when ${asked}.request -> 'scope' ->> 'kind' = 'unread'
    then jsonb_set(${asked}.request, '{scope,sinceSeq}', to_jsonb(${own}.last_read_seq)) else ${asked}.request end`);
}

/**
 * Body of a CTE that takes the question out of jobs `j`: it is the text of a message that was deleted. What a command made of the
 * text goes with it where the reply needs it. Parameters as of {@link endJobs}.
 */
export function forgetQuestions(from: Prisma.Sql, which: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`
    update jobs j set request = jsonb_set(case when ${standsAlone('j')} then j.request else j.request - 'data' end, '{question}', 'null')
    from ${from} where ${which}`;
}
