import {
  AppError,
  maxUsageRows,
  type BudgetLimits,
  type BudgetScope,
  type BudgetView,
  type SetLimits,
  type UsageReport,
  type UsageSum,
} from '@parley/contracts';
import { Prisma } from '@parley/db';
import { maySql } from '../access/decision-sql.js';
import type { AuthorizedRoom } from '../access/authorized-room.js';
import type { CoreDeps } from '../deps.js';
import { noAccount } from '../no-account.js';
import { withoutSign } from '../protocol/names-found.js';
import type { Actor } from '../sessions/actor.js';
import { loadBudgets, noId, type BudgetCall } from './ai-budget.js';

export interface UsageInput {
  /** How many days (UTC), today included. */
  days: number;
  /** The limits of the instance. */
  budgets: BudgetLimits;
}

/** What the calls used that a person pays for; of a bot, those of its owner are not told. */
export function loadOwnUsage(deps: Pick<CoreDeps, 'db'>, { userId }: Pick<Actor, 'userId'>, input: UsageInput): Promise<UsageReport> {
  return report(deps, { scope: 'person', id: userId, by: { userId } }, input);
}

/** What the calls of a room used, whoever paid: it does not say who. */
export function loadRoomUsage(
  deps: Pick<CoreDeps, 'db'>,
  { roomId, actor: { userId } }: AuthorizedRoom,
  input: UsageInput,
): Promise<UsageReport> {
  return report(deps, { scope: 'room', id: roomId, by: { userId, roomId } }, input);
}

/**
 * What all calls used.
 *
 * @throws AppError FORBIDDEN unless the actor is an admin
 */
export async function loadInstanceUsage(
  deps: Pick<CoreDeps, 'db'>,
  { userId }: Pick<Actor, 'userId'>,
  input: UsageInput,
): Promise<UsageReport> {
  const [row] = await deps.db.$queryRaw<{ may: boolean }[]>(Prisma.sql`
    select ${maySql('usage.instance', Prisma.sql`u.is_admin`)} as may from users u where u.id = ${userId}::uuid`);
  if (!row?.may) throw new AppError('FORBIDDEN', 'Only an admin of this server can do that.');
  return report(deps, { scope: 'instance', id: noId, by: { userId } }, input);
}

/**
 * What the calls of a character used, in all rooms and whoever paid.
 *
 * @throws AppError CHARACTER_NOT_FOUND; FORBIDDEN unless the actor made it or is an admin
 */
export async function loadCharacterUsage(
  deps: Pick<CoreDeps, 'db'>,
  { userId }: Pick<Actor, 'userId'>,
  { characterId, ...input }: UsageInput & { characterId: string },
): Promise<UsageReport> {
  const [row] = await deps.db.$queryRaw<{ may: boolean }[]>(Prisma.sql`
    select ${maySql('usage.character', Prisma.sql`u.is_admin`, Prisma.sql`ch.owner_id is not distinct from u.id`)} as may
    from users u cross join characters ch where u.id = ${userId}::uuid and ch.id = ${characterId}::uuid and ch.deleted_at is null`);
  if (!row) throw new AppError('CHARACTER_NOT_FOUND');
  if (!row.may) throw new AppError('FORBIDDEN', 'Only whoever made this character can do that.');
  return report(deps, { scope: 'character', id: characterId, by: { userId, characterId } }, input);
}

/**
 * What the calls used that a person pays for, as that person reads it.
 *
 * @throws AppError USER_NOT_FOUND; FORBIDDEN unless the actor is an admin
 */
export async function loadPersonUsage(
  deps: Pick<CoreDeps, 'db'>,
  { userId }: Pick<Actor, 'userId'>,
  { username, ...input }: UsageInput & { username: string },
): Promise<UsageReport> {
  const [row] = await deps.db.$queryRaw<{ may: boolean; id: string | null }[]>(Prisma.sql`
    select ${maySql('usage.person', Prisma.sql`u.is_admin`)} as may,
      (select p.id from users p where p.username = ${withoutSign(username)} and p.owner_id is null) as id
    from users u where u.id = ${userId}::uuid`);
  if (!row?.may) throw new AppError('FORBIDDEN', 'Only an admin of this server can do that.');
  if (!row.id) throw noAccount(username);
  return report(deps, { scope: 'person', id: row.id, by: { userId: row.id } }, input);
}

/** A budget is told to everyone it holds from this share on. */
const warnedShare = 0.8;

/** The budgets that a call of the actor in this room counts in, if enough of them is used that a person should know. */
export async function loadBudgetMeter(
  deps: Pick<CoreDeps, 'db'>,
  { roomId, actor: { userId } }: AuthorizedRoom,
  { budgets }: Pick<UsageInput, 'budgets'>,
): Promise<BudgetView[]> {
  const caps = await loadBudgets(deps, { userId, roomId }, budgets);
  return caps.flatMap(({ view }) => (view.used >= view.limit * warnedShare ? [view] : []));
}

type Grouped = UsageSum & {
  by: 'day' | 'model' | 'character' | 'all';
  day: string | null;
  model: string | null;
  characterId: string | null;
  name: string | null;
};

/** What a report is about. */
interface Subject {
  scope: BudgetScope;
  id: string;
  /** A call that counts in the budgets of the report. */
  by: BudgetCall;
}

/** The column of `usage_days` that a scope goes by. */
const columns = { person: 'user_id', room: 'room_id', character: 'character_id' } as const;

async function report(deps: Pick<CoreDeps, 'db'>, { scope, id, by: call }: Subject, { days, budgets }: UsageInput): Promise<UsageReport> {
  const which = scope === 'instance' ? Prisma.sql`true` : Prisma.sql`d.${Prisma.raw(columns[scope])} = ${id}::uuid`;
  const rows = await deps.db.$queryRaw<Grouped[]>(Prisma.sql`
    with sums as (
      select case when grouping(d.day) = 0 then 'day' when grouping(d.model) = 0 then 'model' when grouping(d.character_id) = 0 then 'character' else 'all' end as by,
        d.day, d.model, d.character_id, coalesce(sum(d.calls), 0) as calls, coalesce(sum(d.input_tokens), 0) as input_tokens,
        coalesce(sum(d.cached_tokens), 0) as cached_tokens, coalesce(sum(d.output_tokens), 0) as output_tokens, coalesce(sum(d.cost), 0) as cost,
        coalesce(sum(d.unpriced), 0) as unpriced
      from usage_days d
      where ${which} and d.day > (clock_timestamp() at time zone 'utc')::date - ${days}::int and d.day <= (clock_timestamp() at time zone 'utc')::date
      group by grouping sets ((d.day), (d.model), (d.character_id), ())
    ),
    ranked as (
      select sums.*, row_number() over (partition by by order by cost desc, input_tokens + output_tokens desc, model, character_id) as place from sums
    )
    select r.by, to_char(r.day, 'YYYY-MM-DD') as day, r.model, nullif(r.character_id, ${noId}::uuid) as "characterId",
      coalesce(ch.name, '') as name, r.calls::float8 as calls, r.input_tokens::float8 as "inputTokens", r.cached_tokens::float8 as "cachedTokens",
      r.output_tokens::float8 as "outputTokens", r.cost::float8 as cost, r.unpriced::float8 as "unpricedCalls"
    from ranked r left join characters ch on ch.id = r.character_id
    where r.by = 'day' or r.place <= ${maxUsageRows}::int
    order by r.day, r.place limit ${days + 2 * maxUsageRows + 1}::int`);
  const of = (by: Grouped['by']) => rows.filter((row) => row.by === by);
  const caps = await loadBudgets(deps, call, budgets);
  return {
    total: sumOf(of('all')[0]),
    days: of('day').map((row) => ({ day: row.day!, ...sumOf(row) })),
    models: of('model').map((row) => ({ model: row.model!, ...sumOf(row) })),
    characters: of('character').map((row) => ({ characterId: row.characterId, name: row.name ?? '', ...sumOf(row) })),
    budgets: caps.flatMap(({ view, own }) => (view.scope === scope && (scope !== 'person' || own) ? [view] : [])),
    setLimits: scope === 'instance' ? null : await loadSetLimits(deps, scope, id),
  };
}

function sumOf(row: UsageSum | undefined): UsageSum {
  const { calls = 0, inputTokens = 0, cachedTokens = 0, outputTokens = 0, cost = 0, unpricedCalls = 0 } = row ?? {};
  return { calls, inputTokens, cachedTokens, outputTokens, cost, unpricedCalls };
}

async function loadSetLimits({ db }: Pick<CoreDeps, 'db'>, scope: BudgetScope, id: string): Promise<SetLimits> {
  const [row] = await db.$queryRaw<SetLimits[]>(Prisma.sql`
    select l.day_tokens::float8 as "dayTokens", l.month_tokens::float8 as "monthTokens", l.day_cost::float8 as "dayCost", l.month_cost::float8 as "monthCost"
    from usage_limits l where l.scope = ${scope} and l.id = ${id}::uuid`);
  return row ?? { dayTokens: null, monthTokens: null, dayCost: null, monthCost: null };
}
