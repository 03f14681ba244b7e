import { AppError, keyScopes, maxKeysPerAccount, type MadeKey, type KeyScope } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { auditEntries, type AuditActor } from '../audit/audit-statements.js';
import type { CoreDeps } from '../deps.js';
import { noAccount } from '../no-account.js';
import { noteSecurity } from '../security-log.js';
import type { Actor } from '../sessions/actor.js';
import { activeActor } from '../sessions/active-actor.js';
import { loadActor, refuseInactive } from '../sessions/load-actor.js';
import { newKeySession } from '../sessions/key-session.js';
import { accountOpen, openSessions } from '../sessions/standing-session.js';
import { newKey } from './key-text.js';
import { keyJson, keyView, type KeyRow } from './key-rows.js';

export interface CreateKeyInput {
  /** The username of a bot of the actor's, whose key it becomes. @default the actor's own */
  bot?: string | undefined;
  name: string;
  scopes: readonly KeyScope[];
  /** The rooms that it is limited to. @default all of the person's */
  rooms?: readonly string[] | undefined;
  /** ISO 8601. @default it is good until it is revoked */
  expiresAt?: string | undefined;
}

/**
 * Makes a key of the actor's, or of a bot of theirs, which nobody can be shown again.
 *
 * @throws AppError VALIDATION for an end that has passed, and for rooms that the account is not in; RATE_LIMITED for one key too many;
 * USER_NOT_FOUND for a bot that is not the actor's; SESSION_REVOKED, ACCOUNT_DISABLED
 */
export async function createKey(deps: Pick<CoreDeps, 'db' | 'log'>, actor: Actor, input: CreateKeyInput): Promise<MadeKey> {
  const { bot = null } = input;
  const account = Prisma.sql`
    select u.id, u.username, u.owner_id from (${activeActor(actor)}) actor join users u
      on case when ${bot}::text is null then u.id = actor.id else u.owner_id = actor.id and u.username = ${bot}::text and ${accountOpen} end`;
  const made = await writeKey(deps, actor, account, input);
  if (made) return made;
  if (bot === null) return refuseInactive(deps, actor);
  await loadActor(deps, actor.userId, actor.sessionId);
  throw new AppError('USER_NOT_FOUND', 'You have no such bot.', { field: 'bot' });
}

/**
 * Makes a key for a person, as the operator: one that may do all that the person may.
 *
 * @returns the key, which is kept nowhere else
 * @throws AppError USER_NOT_FOUND, also for an account that is closed
 */
export async function createKeyFor(deps: Pick<CoreDeps, 'db' | 'log'>, username: string): Promise<string> {
  const account = Prisma.sql`select u.id, u.username, u.owner_id from users u where u.username = ${username.trim().toLowerCase()}::text and ${accountOpen} for share of u`;
  const made = await writeKey(deps, 'operator', account, { name: 'made by the operator', scopes: keyScopes });
  if (!made) throw noAccount(username);
  return made.key;
}

/** @param account yields `id`, `username` and `owner_id` of the account that gets the key. @returns null where it yields none */
async function writeKey(
  deps: Pick<CoreDeps, 'db' | 'log'>,
  by: AuditActor,
  account: Prisma.Sql,
  { name, scopes, rooms, expiresAt }: CreateKeyInput,
): Promise<MadeKey | null> {
  if (expiresAt !== undefined && Date.parse(expiresAt) <= Date.now())
    throw new AppError('VALIDATION', 'expiresAt: must be a moment to come.', { field: 'expiresAt' });
  const { sessionId, ctes } = newKeySession({
    from: Prisma.sql`asked`,
    userId: Prisma.sql`asked.id`,
    only: Prisma.sql`asked.in_rooms and asked.held < ${maxKeysPerAccount}::int`,
    expiresAt: expiresAt ?? null,
  });
  const { key, hashHex } = newKey(sessionId);
  const roomIds = rooms ? [...rooms] : null;
  const [row] = await deps.db.$queryRaw<{ userId: string | null; inRooms: boolean | null; made: KeyRow | null }[]>(Prisma.sql`
    with account as (${account}),
    asked as (
      select account.id,
        not exists (
          select 1 from unnest(${roomIds ?? []}::uuid[]) as wanted(id)
          where not exists (select 1 from room_members m where m.room_id = wanted.id and m.user_id = account.id and m.left_rev is null)
        ) as in_rooms,
        (select count(*) from ${openSessions} where s.user_id = account.id and s.kind = 'key') as held
      from account
    ),
    ${ctes},
    made as (
      insert into keys (session_id, hash, name, scopes, room_ids)
      select session.id, decode(${hashHex}, 'hex'), ${name}::text, ${[...scopes]}::text[], ${roomIds}::uuid[] from session
      returning *
    ),
    audited as (${auditEntries(
      {
        event: 'key.made',
        by,
        subject: { kind: 'key', id: Prisma.sql`made.session_id`, name: Prisma.sql`made.name` },
        detail: Prisma.sql`jsonb_build_object('account', account.username, 'scopes', made.scopes, 'rooms', cardinality(made.room_ids))`,
      },
      Prisma.sql`made cross join account`,
    )})
    select (select id from asked) as "userId", (select in_rooms from asked) as "inRooms",
      (select ${keyJson('k', 's', 'account')} from made k join session s on s.id = k.session_id cross join account) as made`);
  if (!row?.userId) return null;
  if (!row.inRooms) throw new AppError('VALIDATION', 'rooms: name rooms that the account is in.', { field: 'rooms' });
  if (!row.made) throw new AppError('RATE_LIMITED', `An account has ${maxKeysPerAccount} keys at most. Revoke one that you do not need.`);
  noteSecurity(deps.log, 'key made', { userId: row.userId, keyId: sessionId });
  return { ...keyView(row.made), key };
}
