import { nameKeys } from '@parley/contracts/search';
import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';

/** People of one step: a millisecond of work. */
const stepPeople = 200;

interface Named {
  id: string;
  username: string;
  displayName: string;
}

/**
 * One step of the sweep that writes what people are found by where it is missing: accounts of before there was such a column, and names
 * that a process of an earlier version changed. Several processes may sweep at once.
 *
 * @param after the id that the step before returned as `next`; null to begin
 */
export async function indexPeople({ db }: Pick<CoreDeps, 'db'>, after: string | null): Promise<{ indexed: number; next: string | null }> {
  const rows = await db.$queryRaw<Named[]>(Prisma.sql`
    select u.id, u.username, u.display_name as "displayName" from users u
    where u.names is null and (${after}::uuid is null or u.id > ${after}::uuid)
    order by u.id limit ${stepPeople}::int`);
  return { indexed: rows.length === 0 ? 0 : await db.$executeRaw(writeNames(rows)), next: rows.at(-1)?.id ?? null };
}

/** The statement that gives accounts what they are found by, where they have none and are named as they were read. */
export function writeNames(people: readonly Named[]): Prisma.Sql {
  const rows = people.map(({ id, username, displayName }) => ({
    id,
    username,
    name: displayName,
    names: nameKeys([username, displayName]),
  }));
  return Prisma.sql`
    with given as (select * from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r (id uuid, username text, name text, names text)),
    picked as (
      select u.id, given.names from given join users u on u.id = given.id
      where u.username = given.username and u.display_name = given.name and u.names is null
      order by u.id for no key update of u skip locked
    )
    update users u set names = picked.names::tsvector from picked where u.id = picked.id`;
}
