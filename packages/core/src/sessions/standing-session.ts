import { Prisma } from '@parley/db';
import type { Actor } from './actor.js';

/**
 * The one place that says which sessions stand: those that nobody ended, of an account that is open. All other code reads this through
 * these fragments.
 */

/** Condition on `s`, a row of `sessions`: somebody ended it. */
export const sessionEnded = Prisma.sql`s.revoked_at is not null`;

/** Condition on `s`, a row of `sessions`: nobody ended it, and its time is not over. The time of a sign-in is that of its tokens. */
const notEnded = Prisma.sql`s.revoked_at is null and (s.expires_at is null or s.expires_at > now())`;

/**
 * Condition on `s`, a row of `sessions`: it ended a day ago, or is a sign-in of whose tokens none was good for the last day, so that nobody
 * can act by it any more. The day is longer than an access token lives.
 */
export const spentSession = Prisma.sql`(
  s.revoked_at <= now() - interval '1 day' or s.expires_at <= now() - interval '1 day'
  or s.kind = 'login' and s.created_at <= now() - interval '1 day'
    and not exists (select 1 from refresh_tokens t where t.session_id = s.id and t.expires_at > now() - interval '1 day'))`;

/** Condition on `u`, a row of `users`: the account is disabled, or was removed. */
export const accountClosed = Prisma.sql`u.disabled_at is not null`;

/** Column of `u`, a row of `users`: since when the account is {@link accountClosed}; null for one that is open. */
export const closedSince = Prisma.sql`u.disabled_at`;

/** Condition on `u`, a row of `users`: the account is not {@link accountClosed}. */
export const accountOpen = Prisma.sql`u.disabled_at is null`;

/** How many sessions and keys stand of `u`, a row of `users`. */
export const standingCount = Prisma.sql`(select count(*)::int from sessions s where s.user_id = u.id and ${notEnded})`;

/** Sources, to stand after `from`: the sessions `s` that stand, each with its account `u`. */
export const openSessions = Prisma.sql`sessions s join users u on u.id = s.user_id and ${accountOpen} and ${notEnded}`;

/** Condition: the actor's session stands, in the statement's snapshot. A write uses `activeActor` instead, which locks the session. */
export function sessionStands({ userId, sessionId }: Pick<Actor, 'userId' | 'sessionId'>): Prisma.Sql {
  return Prisma.sql`exists (select 1 from ${openSessions} where s.id = ${sessionId}::uuid and s.user_id = ${userId}::uuid)`;
}

/**
 * Body of a CTE that selects and locks a person's sessions that have not ended, also of a closed account; it yields `id`. The same
 * statement then ends them. The locks are always taken in order of id, so that two statements that end several sessions of one person
 * cannot deadlock.
 *
 * @param only further conditions on `s`, beginning with `and`
 */
export function standingSessions(userId: string, only: Prisma.Sql = Prisma.empty): Prisma.Sql {
  return Prisma.sql`
    select s.id from sessions s where s.user_id = ${userId}::uuid and ${notEnded} ${only} order by s.id for no key update`;
}

/**
 * Statement, or body of a CTE, that ends sessions and yields their `id`.
 *
 * @param which.from sources, without the word `from`: CTEs that locked the sessions
 * @param which.id the column of `which.from` with the session's id, in SQL
 * @param which.only further conditions, beginning with `and`
 */
export function endSessions(which: { from: Prisma.Sql; id: Prisma.Sql; only?: Prisma.Sql }): Prisma.Sql {
  return Prisma.sql`
    update sessions s set revoked_at = now() from ${which.from} where s.id = ${which.id} ${which.only ?? Prisma.empty}
    returning s.id`;
}
