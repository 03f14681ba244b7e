import type { DbHandle } from '@parley/db';
import type { ReplyStep } from '@parley/core/jobs/reply-steps';

/** A change of a job's row, with what the same transaction counted. */
export interface JobChange {
  job: string;
  kind: string;
  question: string | null;
  attempt: number;
  state: 'queued' | 'streaming' | 'done';
  /** Tokens that the attempt has counted before its calls. */
  reserved: number;
  /** Whether somebody asked to stop it. */
  stopped: boolean;
  steps: ReplyStep[];
  /** By how much the instance's tokens of the day went up, or down. */
  counted: number;
  /** What was settled as used, in how many entries. */
  settled: { calls: number; tokens: number; outputTokens: number };
}

/** The tokens that all counters have, by scope; `days` has what was settled, and `before` the counters of earlier versions. */
export type Counted = Record<'instance' | 'room' | 'character' | 'person' | 'summaries' | 'days' | 'before', number>;

/**
 * Has the database write down each change of a job, and of what is counted for whom. It is the database that does it, in the transaction
 * of the change itself: no process that dies can keep anything from it.
 */
export async function startJournal({ db }: DbHandle): Promise<void> {
  for (const statement of [
    `create table fault_journal (n bigserial primary key, tx bigint not null default txid_current(), job jsonb, counted bigint, settled jsonb)`,
    `create index on fault_journal (tx)`,
    `create function fault_note_job() returns trigger language plpgsql as $$ begin
      insert into fault_journal (job) values (jsonb_build_object('job', new.id, 'kind', new.kind, 'room', new.room_id, 'question', new.request ->> 'question',
        'attempt', new.attempt, 'state', new.state, 'reserved', new.reserved_tokens, 'stopped', new.stop_requested_at is not null, 'steps', new.steps,
        'made', tg_op = 'INSERT'));
      return null;
    end $$`,
    `create function fault_note_counter() returns trigger language plpgsql as $$ begin
      insert into fault_journal (counted) values (new.tokens - case tg_op when 'UPDATE' then old.tokens else 0 end);
      return null;
    end $$`,
    `create function fault_note_day() returns trigger language plpgsql as $$
    declare was usage_days; begin
      if tg_op = 'UPDATE' then was := old; end if;
      insert into fault_journal (settled) values (jsonb_build_object('calls', new.calls - coalesce(was.calls, 0),
        'input', new.input_tokens - coalesce(was.input_tokens, 0), 'output', new.output_tokens - coalesce(was.output_tokens, 0)));
      return null;
    end $$`,
    `create trigger fault_job_made after insert on jobs for each row execute function fault_note_job()`,
    `create trigger fault_job after update on jobs for each row
      when ((old.attempt, old.state, old.reserved_tokens, old.stop_requested_at, old.steps) is distinct from (new.attempt, new.state, new.reserved_tokens, new.stop_requested_at, new.steps)
        or old.usage is distinct from new.usage) execute function fault_note_job()`,
    `create trigger fault_counter after insert or update on usage_counters for each row when (new.scope = 'instance' and new.span = 'day')
      execute function fault_note_counter()`,
    `create trigger fault_day after insert or update on usage_days for each row execute function fault_note_day()`,
  ])
    await db.$executeRawUnsafe(statement);
}

/** Everything that was written down, the changes of each job in their order. */
export async function readJournal({ db }: DbHandle): Promise<{ changes: JobChange[]; counted: Counted }> {
  const changes = await db.$queryRawUnsafe<JobChange[]>(
    // What a transaction counted is for the one job that it changed, and not for those that it made.
    `with counted as (
       select tx, coalesce(sum(counted), 0)::float8 as counted, coalesce(sum((settled ->> 'calls')::int), 0)::int as calls,
         coalesce(sum((settled ->> 'input')::bigint + (settled ->> 'output')::bigint), 0)::float8 as tokens,
         coalesce(sum((settled ->> 'output')::bigint), 0)::float8 as output
       from fault_journal where job is null group by tx
     )
     select j.job ->> 'job' as job, j.job ->> 'kind' as kind, j.job ->> 'question' as question, (j.job ->> 'attempt')::int as attempt,
       j.job ->> 'state' as state, (j.job ->> 'reserved')::float8 as reserved, (j.job ->> 'stopped')::boolean as stopped, j.job -> 'steps' as steps,
       case when mine then coalesce(c.counted, 0) else 0 end as counted,
       case when mine then json_build_object('calls', coalesce(c.calls, 0), 'tokens', coalesce(c.tokens, 0), 'outputTokens', coalesce(c.output, 0))
         else '{"calls": 0, "tokens": 0, "outputTokens": 0}' end as settled
     from (select *, not (job ->> 'made')::boolean and n = max(n) filter (where not (job ->> 'made')::boolean) over (partition by tx) as mine
       from fault_journal where job is not null) j left join counted c on c.tx = j.tx
     order by j.n`,
  );
  const [counted] = await db.$queryRawUnsafe<Counted[]>(
    `select ${['instance', 'room', 'character', 'person', 'summaries'].map((scope) => `coalesce(sum(tokens) filter (where scope = '${scope}'), 0)::float8 as ${scope}`).join(', ')},
       (select coalesce(sum(input_tokens + output_tokens), 0)::float8 from usage_days) as days,
       (select coalesce(sum(tokens), 0)::float8 from ai_usage) as before
     from usage_counters where span = 'day'`,
  );
  return { changes, counted: counted! };
}
