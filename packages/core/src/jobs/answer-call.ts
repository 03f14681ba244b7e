import type { ToolAnswer } from '@parley/contracts';
import { Prisma } from '@parley/db';

/** Parts of the statement that answers a call of a tool which waits, and of the one that lays its job down. */

/**
 * True if every call of a job `j` that waits is answered.
 *
 * @param steps in SQL
 * @param but in SQL: the `callId` of one that need not be
 */
export function allAnswered(steps: Prisma.Sql, but = Prisma.sql`''`): Prisma.Sql {
  return Prisma.sql`not exists (
    select 1 from jsonb_array_elements(${steps}) step, jsonb_array_elements(step -> 'calls') c
    where c ->> 'state' = 'waiting' and c ->> 'callId' <> ${but} and not jsonb_exists(j.answers, (c -> 'wait' ->> 'attempt') || '/' || (c ->> 'callId')))`;
}

export interface CallAnswer {
  callId: string;
  /** The attempt that wanted to make it. @default whichever did last */
  attempt: number | null;
  answer: ToolAnswer;
}

/**
 * CTEs that lock a job which is not done, and find its call that waits for `actor`, is not answered and has not lapsed. `job` has the locked row, with
 * `call`, and none where there is no such call. The CTE `actor` stands before them.
 */
export function findWaitingCall(id: string, { callId, attempt }: CallAnswer, which = Prisma.empty): Prisma.Sql {
  return Prisma.sql`
    held as (
      select j.* from jobs j, actor where j.id = ${id}::uuid and j.state <> 'done' ${which} for no key update of j
    ),
    job as (
      select held.*, c.call from held cross join actor cross join jsonb_array_elements(held.steps) step
        cross join lateral jsonb_array_elements(step -> 'calls') c (call)
      where c.call ->> 'callId' = ${callId}::text and c.call ->> 'state' = 'waiting' and c.call -> 'wait' ->> 'for' = actor.id::text
        and (${attempt}::int is null or (c.call -> 'wait' ->> 'attempt')::int = ${attempt}::int)
        and (c.call -> 'wait' ->> 'until')::timestamptz > clock_timestamp()
        and not jsonb_exists(held.answers, (c.call -> 'wait' ->> 'attempt') || '/' || (c.call ->> 'callId'))
    )`;
}

/**
 * Body of a CTE that writes the answer to the call that {@link findWaitingCall} found. If no other call waits, the job can be claimed at once.
 *
 * @param from sources beside `job`, beginning with a comma or a join
 */
export function answerCall({ callId, answer }: CallAnswer, from: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`
    update jobs j set answers = j.answers || jsonb_build_object((job.call -> 'wait' ->> 'attempt') || '/' || ${callId}::text,
        jsonb_build_object('answer', ${answer}::text, 'by', actor.id)),
      available_at = case when j.state = 'queued' and ${allAnswered(Prisma.sql`j.steps`, Prisma.sql`${callId}::text`)} then clock_timestamp() else j.available_at end
    from actor cross join job ${from} where j.id = job.id
    returning j.*, job.call`;
}

/** The calls as readers see them, with the answer: an expression. @param tools in SQL */
export function withAnswer(tools: Prisma.Sql, { callId, answer }: CallAnswer): Prisma.Sql {
  return Prisma.sql`(
    select jsonb_agg(case when t.call ->> 'callId' = ${callId}::text and t.call ->> 'state' = 'waiting'
      then (t.call - 'waitsFor') || jsonb_build_object('state', ${answer === 'deny' ? 'denied' : 'running'}::text) else t.call end order by t.place)
    from jsonb_array_elements(${tools}) with ordinality t (call, place))`;
}
