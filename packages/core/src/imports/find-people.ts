import type { Avatar } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import { accountOpen } from '../sessions/standing-session.js';

/** An account that a person of another server turned out to have here. */
export interface FoundPerson {
  id: string;
  username: string;
  name: string;
  avatar: Avatar;
}

/** How many addresses one statement looks for. */
const perStatement = 1_000;

/**
 * Finds the open accounts of people that have these e-mail addresses, by the address in lower case. Bots have none.
 *
 * @param verifiedOnly whether an address counts only where its account has proved that it is theirs
 */
export async function findPeopleByEmail(
  { db }: Pick<CoreDeps, 'db'>,
  emails: readonly string[],
  { verifiedOnly }: { verifiedOnly: boolean },
): Promise<Map<string, FoundPerson>> {
  const found = new Map<string, FoundPerson>();
  const wanted = [...new Set(emails.map((email) => email.trim().toLowerCase()))];
  for (let at = 0; at < wanted.length; at += perStatement) {
    const rows = await db.$queryRaw<(FoundPerson & { email: string })[]>(Prisma.sql`
      select u.id, u.username, u.display_name as name, u.avatar, lower(u.email) as email from users u
      where lower(u.email) = any(${wanted.slice(at, at + perStatement)}::text[]) and u.owner_id is null and ${accountOpen}
        and (u.email_verified_at is not null or not ${verifiedOnly}::boolean)
      limit ${perStatement}::int`);
    for (const { email, ...person } of rows) found.set(email, person);
  }
  return found;
}

/** The open account of this name, which is a person's; null if there is none. */
export async function findPersonByName({ db }: Pick<CoreDeps, 'db'>, username: string): Promise<FoundPerson | null> {
  const [row] = await db.$queryRaw<FoundPerson[]>(Prisma.sql`
    select u.id, u.username, u.display_name as name, u.avatar from users u
    where u.username = ${username.trim().toLowerCase()} and u.owner_id is null and ${accountOpen}`);
  return row ?? null;
}

/** The character of this handle; null if there is none. */
export async function findCharacter({ db }: Pick<CoreDeps, 'db'>, handle: string): Promise<{ id: string } | null> {
  const [row] = await db.$queryRaw<{ id: string }[]>(Prisma.sql`
    select ch.id from characters ch where ch.handle = ${handle.trim().toLowerCase()} and ch.deleted_at is null`);
  return row ?? null;
}
