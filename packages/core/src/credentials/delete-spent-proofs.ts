import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import type { SweepStep } from '../protocol/sweep-step.js';

/** Rows that one step deletes at most, of each kind: a few milliseconds of work. */
const stepRows = 1_000;

/** One step of the sweep that deletes what would be refused anyway: challenges that are over, and links whose time is. */
export async function deleteSpentProofs({ db }: Pick<CoreDeps, 'db'>): Promise<SweepStep> {
  const [row] = await db.$queryRaw<{ deleted: number; full: boolean }[]>(Prisma.sql`
    with proofs as (
      delete from spent_proofs p where p.hash = any(array(
        select hash from spent_proofs where expires_at <= now() - interval '1 hour' order by expires_at limit ${stepRows}::int for update skip locked))
      returning 1 as one
    ),
    links as (
      delete from sign_in_links l where l.hash = any(array(
        select hash from sign_in_links where expires_at <= now() - interval '1 day' limit ${stepRows}::int for update skip locked))
      returning 1 as one
    )
    select ((select count(*) from proofs) + (select count(*) from links))::int as deleted,
      greatest((select count(*) from proofs), (select count(*) from links)) >= ${stepRows}::int as full`);
  return { deleted: row!.deleted, next: row!.full ? '' : null };
}
