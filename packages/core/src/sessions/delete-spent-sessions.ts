import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import { firstId, type SweepStep } from '../protocol/sweep-step.js';
import { spentSession } from './standing-session.js';

/** Sessions that one step looks at, and tokens that it deletes at most: a few milliseconds of work. */
const stepSessions = 200;
const stepTokens = 1_000;

/**
 * One step of the sweep that deletes spent sessions with their tokens: those that ended a day ago, and those whose last token expired a
 * day ago. No call can tell such a session from one that is not there: both are refused with SESSION_REVOKED. Sweeps of several processes
 * may run at once.
 *
 * @param after the id that the step before returned as `next`; null to begin
 */
export async function deleteSpentSessions({ db }: Pick<CoreDeps, 'db'>, after: string | null): Promise<SweepStep> {
  const spent = Prisma.sql`
    looked as (select s.id from sessions s where s.id > ${after ?? firstId}::uuid order by s.id limit ${stepSessions}::int),
    spent as (select s.id from sessions s where s.id = any(array(select id from looked)) and ${spentSession})`;
  // Two statements, because each locks rows of one table only: an exchange locks a token and then its session.
  const tokens = await db.$executeRaw(Prisma.sql`
    with ${spent},
    picked as (
      select t.id from refresh_tokens t where t.session_id = any(array(select id from spent))
      limit ${stepTokens}::int for update of t skip locked
    )
    delete from refresh_tokens t where t.id = any(array(select id from picked))`);
  const [row] = await db.$queryRaw<{ deleted: number; last: string | null; looked: number }[]>(Prisma.sql`
    with ${spent},
    picked as (
      select s.id from sessions s
      where s.id = any(array(select id from spent)) and not exists (select 1 from refresh_tokens t where t.session_id = s.id)
      for update of s skip locked
    ),
    gone as (delete from sessions s where s.id = any(array(select id from picked)) returning s.id)
    select (select count(*)::int from gone) as deleted, (select id from looked order by id desc limit 1) as last,
      (select count(*)::int from looked) as looked`);
  const { deleted, last, looked } = row!;
  // There may be more tokens of these sessions than one step deletes: the next step looks at the same ones.
  if (tokens === stepTokens) return { deleted: deleted + tokens, next: after ?? firstId };
  return { deleted: deleted + tokens, next: looked < stepSessions ? null : last };
}
