import type { InstanceRole } from '@parley/contracts';
import { AppError } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import type { Actor, KeyRights } from './actor.js';
import { accountClosed, sessionStands } from './standing-session.js';

/** What the database says now about a session and its user. */
export interface ActorState {
  userId: string;
  sessionId: string;
  username: string;
  role: InstanceRole;
  /** When the session ends by itself, in milliseconds since the epoch; Infinity for one that does not. */
  endsAt: number;
  /** Set if the session is a key's. */
  key?: KeyRights;
}

/**
 * Checks that a session still stands, and reads its user.
 *
 * @throws AppError SESSION_REVOKED if the session ended or never was this user's, ACCOUNT_DISABLED
 */
export async function loadActor(deps: Pick<CoreDeps, 'db'>, userId: string, sessionId: string): Promise<ActorState> {
  const [row] = await deps.db.$queryRaw<
    { username: string; isAdmin: boolean; disabled: boolean; stands: boolean; key: KeyRights | null; endsAt: Date | null }[]
  >(Prisma.sql`
    select u.username, u.is_admin as "isAdmin", ${accountClosed} as disabled, ${sessionStands({ userId, sessionId })} as stands,
      case when k.session_id is not null then json_build_object('scopes', k.scopes, 'roomIds', k.room_ids) end as key,
      s.expires_at as "endsAt"
    from sessions s join users u on u.id = s.user_id left join keys k on k.session_id = s.id
    where s.id = ${sessionId}::uuid and s.user_id = ${userId}::uuid`);
  if (row?.disabled) throw new AppError('ACCOUNT_DISABLED');
  if (!row?.stands) throw new AppError('SESSION_REVOKED');
  const endsAt = row.endsAt?.getTime() ?? Number.POSITIVE_INFINITY;
  return { userId, sessionId, username: row.username, role: row.isAdmin ? 'admin' : 'user', endsAt, ...(row.key && { key: row.key }) };
}

/** Throws the reason why a statement that only `activeActor` guards matched nothing. */
export async function refuseInactive(deps: Pick<CoreDeps, 'db'>, actor: Actor): Promise<never> {
  await loadActor(deps, actor.userId, actor.sessionId);
  throw new AppError('CONFLICT', 'Your session changed at the same moment. Try again.');
}
