import type { InstanceRole } from '@parley/contracts';
import { AppError } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import type { Actor, KeyRights } from './actor.js';
import { currentDevice } from './signed-in.js';
import { accountClosed, sessionStands } from './standing-session.js';

/** What the database says now about a session and its user. */
export interface ActorState {
  userId: string;
  sessionId: string;
  username: string;
  role: InstanceRole;
  /** When the session ends by itself, in milliseconds since the epoch; Infinity for one that does not. */
  endsAt: number;
  /** True if its use was not noted for a minute: see {@link noteSessionUse}. */
  stale: boolean;
  /** Set if the session is a key's. */
  key?: KeyRights;
}

/** How old the noted use of a session may get before it is noted again, in seconds: one write a minute, however often it is used. */
const usedAgainSeconds = 60;

/**
 * Checks that a session still stands, and reads its user.
 *
 * @throws AppError SESSION_REVOKED if the session ended or never was this user's, ACCOUNT_DISABLED
 */
export async function loadActor(deps: Pick<CoreDeps, 'db'>, userId: string, sessionId: string): Promise<ActorState> {
  const [row] = await deps.db.$queryRaw<
    { username: string; isAdmin: boolean; disabled: boolean; stands: boolean; key: KeyRights | null; endsAt: Date | null; stale: boolean }[]
  >(Prisma.sql`
    select u.username, u.is_admin as "isAdmin", ${accountClosed} as disabled, ${sessionStands({ userId, sessionId })} as stands,
      case when k.session_id is not null then json_build_object('scopes', k.scopes, 'roomIds', k.room_ids) end as key,
      s.expires_at as "endsAt",
      s.kind = 'login' and (s.last_used_at is null or s.last_used_at < now() - ${usedAgainSeconds}::int * interval '1 second') as stale
    from sessions s join users u on u.id = s.user_id left join keys k on k.session_id = s.id
    where s.id = ${sessionId}::uuid and s.user_id = ${userId}::uuid`);
  if (row?.disabled) throw new AppError('ACCOUNT_DISABLED');
  if (!row?.stands) throw new AppError('SESSION_REVOKED');
  const endsAt = row.endsAt?.getTime() ?? Number.POSITIVE_INFINITY;
  const { username, stale } = row;
  return { userId, sessionId, username, role: row.isAdmin ? 'admin' : 'user', endsAt, stale, ...(row.key && { key: row.key }) };
}

/** Notes that a session is used, and by what device. Never rejects: a database that takes no writes must not keep out who reads. */
export async function noteSessionUse({ db, log }: Pick<CoreDeps, 'db' | 'log'>, sessionId: string): Promise<void> {
  try {
    await db.$executeRaw(Prisma.sql`
      update sessions s set last_used_at = now(), (user_agent, address) = (select ${currentDevice()}) where s.id = ${sessionId}::uuid`);
  } catch (error) {
    log.warn({ err: error }, 'the use of a session was not noted');
  }
}

/** Throws the reason why a statement that only `activeActor` guards matched nothing. */
export async function refuseInactive(deps: Pick<CoreDeps, 'db'>, actor: Actor): Promise<never> {
  await loadActor(deps, actor.userId, actor.sessionId);
  throw new AppError('CONFLICT', 'Your session changed at the same moment. Try again.');
}
