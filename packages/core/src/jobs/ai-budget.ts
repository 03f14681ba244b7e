import {
  AppError,
  budgetScopes,
  type BudgetCap,
  type BudgetScope,
  type BudgetView,
  type BudgetLimits,
  type Usage,
} from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import { budgetWords } from './budget-words.js';
import { toIso, type Instant } from '../protocol/instant.js';
import { held, type JobFence } from './job.js';
import type { Spent } from './model-prices.js';

/*
 * What calls to models use is counted in `usage_counters`, of a day and of a month, for whoever pays, the room, the character and the
 * instance. Counters are locked last of all rows, and always in the same order (`rank`), so that no two statements wait for each other.
 *
 * `ai_usage` has the tokens of people's days alone. Processes of earlier versions know nothing else: it is written with the counters, and
 * what those processes wrote there counts too. Decision 37 says when it may go.
 */

/** The day by the database's clock. */
const today = Prisma.sql`(clock_timestamp() at time zone 'utc')::date`;

/**
 * Stands for the instance among the ids of counters, for a room or a character that is none, and for the payer of a job that costs no
 * person anything: what a room needs although nobody asked for it.
 */
export const noId = '00000000-0000-0000-0000-000000000000';

/** The most milliseconds that a timer takes: clients wait by what they are told. */
const maxWaitMs = 2_147_483_647;

/** The counters that a call is counted in, with the most that each may reach; null: any amount. */
const capColumns = Prisma.sql`rank, scope, span, max_tokens, max_cost`;

/** Rows of {@link capColumns} with the limits of the instance. */
function capRows(limits: BudgetLimits | null): Prisma.Sql {
  const most = (limit: number | undefined) => (limit ? Prisma.sql`${BigInt(limit)}::bigint` : Prisma.sql`null::bigint`);
  const ofSummaries = Prisma.sql`(-1::int, 'summaries'::text, 'day', ${most(limits?.summaryDayTokens)}, null::bigint)`;
  const rows = budgetScopes.flatMap((scope, index) => {
    const limit = limits?.[scope];
    return [
      Prisma.sql`(${2 * index}::int, ${scope}::text, 'day', ${most(limit?.dayTokens)}, ${most(limit?.dayCost)})`,
      Prisma.sql`(${2 * index + 1}::int, ${scope}::text, 'month', ${most(limit?.monthTokens)}, ${most(limit?.monthCost)})`,
    ];
  });
  return Prisma.sql`(values ${Prisma.join([ofSummaries, ...rows])}) caps (${capColumns})`;
}

/**
 * A query of the counters of a call: `rank, scope, id, span, day, max_tokens, max_cost`. What people have set for a room or a character
 * holds beside the instance's limit; what an admin has set for a person takes its place. A call without a payer counts for no person, and
 * for the summaries of its room.
 *
 * @param from a source `call` with `payer, room_id, character_id, day`; always a literal @param limits null where nothing is held against any
 */
function countersOf(from: 'job' | 'cost' | 'call', limits: BudgetLimits | null): Prisma.Sql {
  const call = Prisma.raw(from);
  const keys = Prisma.sql`
    select caps.*, case scope when 'person' then ${call}.payer
        when 'summaries' then case when ${call}.payer is null then ${call}.room_id end when 'room' then ${call}.room_id when 'character' then ${call}.character_id else ${noId}::uuid end as id,
      case span when 'day' then ${call}.day else date_trunc('month', ${call}.day)::date end as day
    from ${call} cross join ${capRows(limits)}`;
  if (!limits) return Prisma.sql`select * from (${keys}) k where k.id is not null`;
  const set = (day: string, month: string) => Prisma.raw(`case k.span when 'day' then l.${day} else l.${month} end`);
  const effective = (own: Prisma.Sql, general: Prisma.Sql) =>
    Prisma.sql`case k.scope when 'person' then coalesce(${own}, ${general}) else least(${own}, ${general}) end`;
  return Prisma.sql`
    select k.rank, k.scope, k.id, k.span, k.day, ${effective(set('day_tokens', 'month_tokens'), Prisma.sql`k.max_tokens`)} as max_tokens,
      ${effective(set('day_cost', 'month_cost'), Prisma.sql`k.max_cost`)} as max_cost
    from (${keys}) k left join usage_limits l on l.scope = k.scope and l.id = k.id
    where k.id is not null`;
}

/** Milliseconds until the span of a counter is over, an expression. @param counter alias of the source with `span` and `day`; always a literal */
function msLeft(counter: 'w' | 'c'): Prisma.Sql {
  const end = Prisma.raw(`${counter}.day + case ${counter}.span when 'day' then interval '1 day' else interval '1 month' end`);
  return Prisma.sql`greatest(1, least(${maxWaitMs}::float8, ceil(extract(epoch from (${end}) - clock_timestamp() at time zone 'utc') * 1000)))::float8`;
}

/** Tokens of a person's day that processes of an earlier version have counted, an expression over a source with the counter's columns. */
function countedByOthers(counter: 'w' | 'c'): Prisma.Sql {
  const c = Prisma.raw(counter);
  return Prisma.sql`case when ${c}.scope = 'person' and ${c}.span = 'day' then greatest(0,
    coalesce((select a.tokens from ai_usage a where a.user_id = ${c}.id and a.day = ${c}.day), 0)
    - coalesce((select n.tokens from usage_counters n where n.scope = 'person' and n.id = ${c}.id and n.span = 'day' and n.day = ${c}.day), 0)) else 0 end`;
}

/** What a call is for, as far as it is known before it is asked. */
export interface BudgetCall {
  userId: string;
  roomId?: string | null;
  characterId?: string | null;
}

/**
 * Refuses if what paid models may cost a person (or the owner of a bot), a room, a character or the instance has been used up. Calls under
 * way count by the most they may use. Replies that cost nothing (the built-in model) are not counted, and the worker does not check for
 * them.
 *
 * @throws AppError AI_BUDGET_EXCEEDED with `retryAfterMs` until the day or the month (UTC) is over
 */
export async function checkAiBudget(deps: Pick<CoreDeps, 'db'>, call: BudgetCall, limits: BudgetLimits): Promise<void> {
  const passed = (await loadBudgets(deps, call, limits)).find(({ cap }) => cap.used >= cap.limit);
  if (!passed) return;
  const { cap, own } = passed;
  throw new AppError('AI_BUDGET_EXCEEDED', budgetWords(cap, own ? 'reader' : 'other', null), { retryAfterMs: cap.retryAfterMs });
}

/** A limit that holds a call, as refusals and as reports have it. */
interface Budget {
  cap: BudgetCap;
  view: BudgetView;
  /** False if somebody else pays. */
  own: boolean;
}

/** The limits that hold a call, as far as there are any, in the order in which a refusal names them. */
export async function loadBudgets({ db }: Pick<CoreDeps, 'db'>, call: BudgetCall, limits: BudgetLimits): Promise<Budget[]> {
  const { userId, roomId = null, characterId = null } = call;
  const payer = Prisma.sql`coalesce(${ownerOf(Prisma.sql`${userId}::uuid`)}, ${userId}::uuid)`;
  const rows = await db.$queryRaw<(BudgetCap & { scope: BudgetScope; own: boolean; resetsAt: Instant })[]>(Prisma.sql`
    with call as (select ${payer} as payer, ${roomId}::uuid as room_id, ${characterId}::uuid as character_id, ${today} as day),
    used as (
      select w.*, coalesce(c.tokens, 0) + ${countedByOthers('w')} as tokens, coalesce(c.cost, 0) as cost
      from (${countersOf('call', limits)}) w left join usage_counters c on c.scope = w.scope and c.id = w.id and c.span = w.span and c.day = w.day
    )
    select w.scope, w.span, w.unit, w.most::float8 as "limit", w.used::float8 as used, ${msLeft('w')} as "retryAfterMs",
      call.payer = ${userId}::uuid as own,
      (w.day + case w.span when 'day' then interval '1 day' else interval '1 month' end) at time zone 'utc' as "resetsAt"
    from (
      select rank, scope, span, day, 'tokens' as unit, max_tokens as most, tokens as used from used
      union all select rank, scope, span, day, 'cost', max_cost, cost from used
    ) w cross join call
    where w.most is not null order by w.rank limit ${4 * budgetScopes.length}::int`);
  return rows.map(({ own, resetsAt, ...cap }) => {
    const { scope, span, unit, limit, used } = cap;
    return { cap, own, view: { scope, span, unit, limit, used, resetsAt: toIso(resetsAt) } };
  });
}

/** The most that a call may use. */
export interface CallEstimate {
  tokens: number;
  /** In millionths of a dollar. */
  cost: number;
}

/** `refused`: the call might pass a limit. `fenced`: the attempt is over. Neither counts anything. */
export type Reservation = { kind: 'reserved' } | { kind: 'refused'; cap: BudgetCap } | { kind: 'fenced' };

interface ReservedRow {
  fenced: boolean;
  missing: boolean;
  cap: BudgetCap | null;
}

/**
 * Counts the most that a call may use, just before an attempt opens it, for whoever pays for the job, its room, its character and the
 * instance: in all of them, or, where a limit would be passed, in none. The counters are locked before they are compared, so calls at the
 * same moment never pass a limit together. A call is counted even if this process dies in it. The attempt's end settles what its calls
 * cost in truth; if an attempt has no end, what was reserved stays counted. All calls of an attempt count in the day of the first, also after
 * midnight: the end settles them together, and would otherwise give back in one day what was counted in another (decision 61).
 */
export async function reserveAiCall(
  { db }: Pick<CoreDeps, 'db'>,
  fence: JobFence,
  { tokens, cost }: CallEstimate,
  limits: BudgetLimits,
): Promise<Reservation> {
  const job = Prisma.sql`
    job as (
      select j.id, ${payer('j')} as payer, j.room_id, j.character_id, coalesce(j.reserved_on, ${today}) as day
      from jobs j where ${held(fence)} for no key update of j
    )`;
  const [more, moreCost] = [Prisma.sql`${BigInt(tokens)}::bigint`, Prisma.sql`${BigInt(cost)}::bigint`];
  for (;;) {
    const [row] = await db.$queryRaw<ReservedRow[]>(Prisma.sql`
      with ${job},
      wanted as materialized (${countersOf('job', limits)}),
      locked as materialized (
        select w.rank, c.scope, c.id, c.span, c.day, c.tokens, c.cost, w.max_tokens, w.max_cost
        from usage_counters c join wanted w on c.scope = w.scope and c.id = w.id and c.span = w.span and c.day = w.day
        order by w.rank for no key update of c
      ),
      passed as materialized (
        select c.rank, c.scope, c.span, c.day, 'tokens' as unit, c.max_tokens as most, c.tokens + ${countedByOthers('c')} as used
        from locked c where c.tokens + ${countedByOthers('c')} + ${more} > c.max_tokens
        union all
        select c.rank, c.scope, c.span, c.day, 'cost', c.max_cost, c.cost from locked c where c.cost + ${moreCost} > c.max_cost
      ),
      counted as (
        update usage_counters c set tokens = c.tokens + ${more}, cost = c.cost + ${moreCost}
        from locked w
        where c.scope = w.scope and c.id = w.id and c.span = w.span and c.day = w.day
          and not exists (select 1 from passed) and (select count(*) from locked) = (select count(*) from wanted)
        returning c.id
      ),
      reserved as (
        update jobs j set reserved_tokens = j.reserved_tokens + ${more}::int, reserved_cost = j.reserved_cost + ${moreCost}, reserved_on = job.day
        from job where j.id = job.id and exists (select 1 from counted)
        returning j.id
      ),
      counted_before as (
        insert into ai_usage (user_id, day, tokens) select job.payer, job.day, ${more} from job where job.payer is not null and exists (select 1 from counted)
        on conflict (user_id, day) do update set tokens = ai_usage.tokens + excluded.tokens
      )
      select not exists (select 1 from job) as fenced, not exists (select 1 from counted) as missing,
        (select json_build_object('scope', c.scope, 'span', c.span, 'unit', c.unit, 'limit', c.most, 'used', c.used, 'retryAfterMs', ${msLeft('c')})
          from passed c order by c.rank limit 1) as cap`);
    const { fenced, missing, cap } = row!;
    if (fenced) return { kind: 'fenced' };
    if (cap) return { kind: 'refused', cap };
    if (!missing) return { kind: 'reserved' };
    // The first call of a day finds no counters: make them, and look again.
    await db.$executeRaw(Prisma.sql`
      with ${job}
      insert into usage_counters (scope, id, span, day)
      select w.scope, w.id, w.span, w.day from (${countersOf('job', null)}) w order by w.rank
      on conflict do nothing`);
  }
}

/** Who pays for what a bot asks of the AI: its owner. Null for a person. @param userId in SQL */
export function ownerOf(userId: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`(select maybe_bot.owner_id from users maybe_bot where maybe_bot.id = ${userId})`;
}

/** Whose tokens a job costs, an expression; null where they are no person's, but the room's alone. @param job alias of `jobs`; always a literal */
export function payer(job: 'j' | 'job'): Prisma.Sql {
  return Prisma.raw(`nullif(coalesce(${job}.paid_by, ${job}.asked_by), '${noId}'::uuid)`);
}

/**
 * CTEs that count what an attempt cost, beyond what its calls had counted before. They lock the counters after all that `from` reads.
 *
 * @param usage null: it is not known, so what was reserved stays
 * @param spent null: it cost no money
 * @param from sources with `job`, a row of `jobs` as it was during the attempt; no row if nothing is to be counted
 */
export function settleAiUsage(usage: Usage | null, spent: Spent | null, from: Prisma.Sql): Prisma.Sql {
  const { inputTokens = 0, cachedTokens = 0, outputTokens = 0 } = usage ?? {};
  const tokens = usage ? Prisma.sql`${BigInt(inputTokens + outputTokens)}::bigint` : Prisma.sql`null::bigint`;
  const cost = Prisma.sql`${BigInt(spent?.cost ?? 0)}::bigint`;
  return Prisma.sql`
    cost as materialized (
      select ${payer('job')} as payer, job.room_id, job.character_id, coalesce(job.reserved_on, ${today}) as day,
        ${tokens} - job.reserved_tokens as more, ${cost} - job.reserved_cost as more_cost
      from ${from} where ${tokens} is not null
    ),
    spent as (
      insert into usage_counters (scope, id, span, day, tokens, cost)
      select w.scope, w.id, w.span, w.day, greatest(0, cost.more), greatest(0, cost.more_cost)
      from (${countersOf('cost', null)}) w cross join cost where cost.more <> 0 or cost.more_cost <> 0 order by w.rank
      on conflict (scope, id, span, day) do update set tokens = greatest(0, usage_counters.tokens + (select more from cost)),
        cost = greatest(0, usage_counters.cost + (select more_cost from cost))
      returning 1 as one
    ),
    spent_before as (
      insert into ai_usage (user_id, day, tokens)
      select cost.payer, cost.day, greatest(0, cost.more) from cost where cost.payer is not null and cost.more <> 0 and (select count(*) from spent) > 0
      on conflict (user_id, day) do update set tokens = greatest(0, ai_usage.tokens + (select more from cost))
    ),
    spent_for as (
      insert into usage_days as d (day, user_id, room_id, character_id, model, calls, input_tokens, cached_tokens, output_tokens, cost, unpriced)
      select cost.day, coalesce(cost.payer, ${noId}::uuid), coalesce(cost.room_id, ${noId}::uuid), coalesce(cost.character_id, ${noId}::uuid), ${spent?.model ?? ''}::text, 1,
        ${BigInt(inputTokens)}::bigint, ${BigInt(cachedTokens)}::bigint, ${BigInt(outputTokens)}::bigint, ${cost}, ${spent?.priced === false ? 1 : 0}::int
      from cost where ${tokens} > 0 and (select count(*) from spent) >= 0
      on conflict (day, user_id, room_id, character_id, model) do update set calls = d.calls + excluded.calls,
        input_tokens = d.input_tokens + excluded.input_tokens, cached_tokens = d.cached_tokens + excluded.cached_tokens,
        output_tokens = d.output_tokens + excluded.output_tokens, cost = d.cost + excluded.cost, unpriced = d.unpriced + excluded.unpriced
    )`;
}
