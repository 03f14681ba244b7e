import { maxListedRemovals, type RemovalLine, type RemovalView, type stayReasons } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import type { Actor } from '../sessions/actor.js';
import { ensureAdmin } from './admin-guard.js';
import { toIso, toIsoOrNull, type Instant } from '../protocol/instant.js';

/** The only statements that write `account_removals`: what became of accounts that were removed. */

/** How many rows of each kind are a person's: an expression. @param user id, in SQL */
function countsOf(user: Prisma.Sql): Prisma.Sql {
  const pairs = kinds.map(({ what, from }) => Prisma.sql`${Prisma.raw(`'${what}'`)}, (select count(*)::int from ${from(user)})`);
  return Prisma.sql`jsonb_build_object(${Prisma.join(pairs)})`;
}

/** Messages of a person, found by the index of rooms and authors. */
const written = (u: Prisma.Sql): Prisma.Sql => Prisma.sql`
  room_members own join messages m on m.room_id = own.room_id and m.author_id = own.user_id where own.user_id = ${u}`;

/** Each kind of rows that are a person's: how they are found, and why those that are left stay. */
const kinds: readonly { what: string; from: (user: Prisma.Sql) => Prisma.Sql; why: (typeof stayReasons)[number] }[] = [
  { what: 'messages', from: (u) => Prisma.sql`${written(u)} and m.deleted_at is null`, why: 'room' },
  { what: 'namesAtMessages', from: (u) => Prisma.sql`${written(u)} and m.author_handle <> ''`, why: 'room' },
  { what: 'notes', from: (u) => Prisma.sql`room_notes n where n.author_id = ${u}`, why: 'room' },
  { what: 'memberships', from: (u) => Prisma.sql`room_members m where m.user_id = ${u} and m.left_rev is null`, why: 'room' },
  { what: 'placesInRooms', from: (u) => Prisma.sql`room_members m where m.user_id = ${u}`, why: 'order' },
  { what: 'mentions', from: (u) => Prisma.sql`room_mentions m where m.user_id = ${u}`, why: 'room' },
  { what: 'privateReplies', from: (u) => Prisma.sql`private_replies p where p.user_id = ${u}`, why: 'room' },
  { what: 'conversations', from: (u) => Prisma.sql`chat_sessions s where s.user_id = ${u}`, why: 'room' },
  { what: 'permissions', from: (u) => Prisma.sql`tool_permissions p where p.user_id = ${u}`, why: 'room' },
  { what: 'characters', from: (u) => Prisma.sql`characters c where c.owner_id = ${u}`, why: 'ownerless' },
  { what: 'bots', from: (u) => Prisma.sql`users b where b.owner_id = ${u}`, why: 'room' },
  { what: 'webhooks', from: (u) => Prisma.sql`webhooks w where w.made_by = ${u}`, why: 'room' },
  { what: 'hooks', from: (u) => Prisma.sql`hooks h where h.made_by = ${u}`, why: 'room' },
  { what: 'sessions', from: (u) => Prisma.sql`sessions s where s.user_id = ${u}`, why: 'spent' },
  { what: 'usageDays', from: (u) => Prisma.sql`usage_days d where d.user_id = ${u}`, why: 'sums' },
  { what: 'usageCounters', from: (u) => Prisma.sql`usage_counters c where c.scope = 'person' and c.id = ${u}`, why: 'sums' },
  { what: 'auditEntries', from: (u) => Prisma.sql`audit_log a where a.actor_id = (${u})::text or a.subject_id = (${u})::text`, why: 'log' },
  { what: 'heldCopies', from: (u) => Prisma.sql`held_copies c where c.user_id = ${u}`, why: 'hold' },
];

/**
 * Body of a CTE that begins the removal of an account, or goes on with one that broke off, and yields its row.
 *
 * @param from sources with `person`, a row of `users`, without the word `from` @param askedBy the admin; null for the person
 */
export function beginRemoval(from: Prisma.Sql, { messages, askedBy }: { messages: 'keep' | 'remove'; askedBy: string | null }): Prisma.Sql {
  return Prisma.sql`
    insert into account_removals as r (user_id, username, messages, asked_by, before)
    select person.id, person.username, ${messages}::text, ${askedBy}::uuid, ${countsOf(Prisma.sql`person.id`)} from ${from}
    on conflict (user_id) do update set tried_at = now(), messages = case when excluded.messages = 'remove' then 'remove' else r.messages end
    returning r.*`;
}

/** Body of a CTE that notes that an account is closed: what is left of its removal is the record. @param from sources, without the word `from` */
export function removalClosed(from: Prisma.Sql, user: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`update account_removals r set closed_at = now() from ${from} where r.user_id = ${user} returning r.user_id`;
}

/** Writes what became of the account. Once it is written it stays. */
export async function endRemoval({ db }: Pick<CoreDeps, 'db'>, userId: string): Promise<RemovalView | null> {
  const [row] = await db.$queryRaw<{ before: Counts; left: Counts }[]>(Prisma.sql`
    select r.before, ${countsOf(Prisma.sql`r.user_id`)} as left from account_removals r where r.user_id = ${userId}::uuid`);
  if (!row) return null;
  const record: RemovalLine[] = kinds.map(({ what, why }) => {
    const stays = row.left[what] ?? 0;
    return { what, before: Math.max(row.before[what] ?? 0, stays), stays, why: stays > 0 ? why : null };
  });
  await db.$executeRaw(Prisma.sql`
    update account_removals r set ended_at = now(), record = ${JSON.stringify(record)}::jsonb
    where r.user_id = ${userId}::uuid and r.ended_at is null`);
  const [removal] = await load({ db }, Prisma.sql`where r.user_id = ${userId}::uuid`);
  return removal ?? null;
}

/** The removal that broke off first, which is this call's from now on; null if there is none. @param minutes how long it has been silent */
export async function nextBrokenRemoval(
  { db }: Pick<CoreDeps, 'db'>,
  minutes: number,
): Promise<{ userId: string; askedBy: string | null } | null> {
  const [row] = await db.$queryRaw<{ userId: string; askedBy: string | null }[]>(Prisma.sql`
    with due as (
      select r.user_id from account_removals r
      where r.ended_at is null and r.tried_at < now() - ${minutes}::int * interval '1 minute'
      order by r.tried_at limit 1 for update skip locked
    )
    update account_removals r set tried_at = now() from due where r.user_id = due.user_id
    returning r.user_id as "userId", r.asked_by as "askedBy"`);
  return row ?? null;
}

type Counts = Record<string, number>;

/** The accounts that were removed, or are being removed, the last first. @throws AppError FORBIDDEN; SESSION_REVOKED, ACCOUNT_DISABLED */
export async function listRemovals(deps: Pick<CoreDeps, 'db'>, by: Actor): Promise<RemovalView[]> {
  await ensureAdmin(deps, by, 'users.removals');
  return await load(deps, Prisma.sql`order by r.begun_at desc, r.user_id limit ${maxListedRemovals}::int`);
}

async function load({ db }: Pick<CoreDeps, 'db'>, which: Prisma.Sql): Promise<RemovalView[]> {
  const rows = await db.$queryRaw<
    (Omit<RemovalView, 'begunAt' | 'endedAt' | 'record'> & { begunAt: Instant; endedAt: Instant | null; record: RemovalLine[] | null })[]
  >(Prisma.sql`
    select r.user_id as "userId", r.username, r.messages, (select u.username from users u where u.id = r.asked_by) as "askedBy",
      r.begun_at as "begunAt", r.ended_at as "endedAt", r.record
    from account_removals r ${which}`);
  return rows.map((row) => ({ ...row, begunAt: toIso(row.begunAt), endedAt: toIsoOrNull(row.endedAt), record: row.record ?? [] }));
}
