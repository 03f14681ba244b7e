import { AppError, type BudgetScope, type SetLimits } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { ensureMay } from '../access/ensure-may.js';
import { maySql } from '../access/decision-sql.js';
import type { AuthorizedRoom } from '../access/authorized-room.js';
import { auditEntries } from '../audit/audit-statements.js';
import type { CoreDeps } from '../deps.js';
import { noAccount } from '../no-account.js';
import { withoutSign } from '../protocol/names-found.js';
import { activeActor } from '../sessions/active-actor.js';
import type { Actor } from '../sessions/actor.js';
import { refuseInactive } from '../sessions/load-actor.js';

/** Body of a CTE that sets the limits of one scope in the place of those that were set before. @param from yields `id`, the scope's */
function setLimits(scope: BudgetScope, { dayTokens, monthTokens, dayCost, monthCost }: SetLimits, from: Prisma.Sql): Prisma.Sql {
  const amount = (limit: number | null) => Prisma.sql`${limit === null ? null : BigInt(limit)}::bigint`;
  return Prisma.sql`
    insert into usage_limits (scope, id, day_tokens, month_tokens, day_cost, month_cost)
    select ${scope}, found.id, ${amount(dayTokens)}, ${amount(monthTokens)}, ${amount(dayCost)}, ${amount(monthCost)} from ${from}
    on conflict (scope, id) do update set day_tokens = excluded.day_tokens, month_tokens = excluded.month_tokens,
      day_cost = excluded.day_cost, month_cost = excluded.month_cost
    returning id, ${JSON.stringify({ dayTokens, monthTokens, dayCost, monthCost })}::jsonb as limits`;
}

/** Body of a CTE that notes it. @param written the CTE of {@link setLimits}, and what else `name` reads */
function noteLimits(by: Actor, kind: 'account' | 'room' | 'character', name: Prisma.Sql, written: Prisma.Sql): Prisma.Sql {
  const roomId = kind === 'room' ? Prisma.sql`written.id` : null;
  return auditEntries(
    { event: 'limits.set', by, subject: { kind, id: Prisma.sql`written.id`, name }, roomId, detail: Prisma.sql`written.limits` },
    written,
  );
}

/**
 * Sets what the calls of a room may use, for all who call in it.
 *
 * @throws AppError FORBIDDEN unless the actor is a moderator; SESSION_REVOKED
 */
export async function limitRoom({ db }: Pick<CoreDeps, 'db'>, room: AuthorizedRoom, limits: SetLimits): Promise<void> {
  ensureMay(room);
  const [set] = await db.$queryRaw<{ id: string }[]>(Prisma.sql`
    with actor as (${activeActor(room.actor)}), found as (select ${room.roomId}::uuid as id from actor),
    written as (${setLimits('room', limits, Prisma.sql`found`)}),
    audited as (${noteLimits(room.actor, 'room', Prisma.sql`r.name`, Prisma.sql`written join rooms r on r.id = written.id`)})
    select id from written`);
  if (!set) await refuseInactive({ db }, room.actor);
}

/**
 * Sets what the calls of a character may use, in all rooms.
 *
 * @throws AppError CHARACTER_NOT_FOUND; FORBIDDEN unless the actor made it or is an admin; SESSION_REVOKED
 */
export async function limitCharacter(
  { db }: Pick<CoreDeps, 'db'>,
  actor: Actor,
  { characterId, ...limits }: SetLimits & { characterId: string },
): Promise<void> {
  const [row] = await db.$queryRaw<{ exists: boolean; active: boolean; set: boolean }[]>(Prisma.sql`
    with actor as (${activeActor(actor)}),
    known as (
      select ch.id, ${maySql('usage.limitCharacter', Prisma.sql`u.is_admin`, Prisma.sql`ch.owner_id is not distinct from u.id`)} as may
      from actor join users u on u.id = actor.id cross join characters ch where ch.id = ${characterId}::uuid and ch.deleted_at is null
    ),
    found as (select known.id from known where known.may),
    written as (${setLimits('character', limits, Prisma.sql`found`)}),
    audited as (${noteLimits(actor, 'character', Prisma.sql`ch.handle`, Prisma.sql`written join characters ch on ch.id = written.id`)})
    select exists (select 1 from actor) as active, exists (select 1 from known) as exists, exists (select 1 from written) as set`);
  const { active, exists, set } = row!;
  if (!active) await refuseInactive({ db }, actor);
  if (!exists) throw new AppError('CHARACTER_NOT_FOUND');
  if (!set) throw new AppError('FORBIDDEN', 'Only whoever made this character can do that.');
}

/**
 * Sets what a person's calls may use, in the place of what the instance allows everyone.
 *
 * @throws AppError USER_NOT_FOUND; FORBIDDEN unless the actor is an admin; SESSION_REVOKED
 */
export async function limitPerson(
  { db }: Pick<CoreDeps, 'db'>,
  actor: Actor,
  { username, ...limits }: SetLimits & { username: string },
): Promise<void> {
  const [row] = await db.$queryRaw<{ active: boolean; may: boolean; set: boolean }[]>(Prisma.sql`
    with actor as (${activeActor(actor)}),
    admin as (select 1 as one from actor join users u on u.id = actor.id where ${maySql('usage.limitPerson', Prisma.sql`u.is_admin`)}),
    found as (select u.id from users u, admin where u.username = ${withoutSign(username)} and u.owner_id is null),
    written as (${setLimits('person', limits, Prisma.sql`found`)}),
    audited as (${noteLimits(actor, 'account', Prisma.sql`u.username`, Prisma.sql`written join users u on u.id = written.id`)})
    select exists (select 1 from actor) as active, exists (select 1 from admin) as may, exists (select 1 from written) as set`);
  const { active, may, set } = row!;
  if (!active) await refuseInactive({ db }, actor);
  if (!may) throw new AppError('FORBIDDEN', 'Only an admin of this server can do that.');
  if (!set) throw noAccount(username);
}
