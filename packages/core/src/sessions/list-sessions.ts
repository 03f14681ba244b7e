import { maxListedSignIns, type SignInMethod } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import { toIso, type Instant } from '../protocol/instant.js';
import type { Actor } from './actor.js';
import type { RefreshOptions } from './judge-refresh-tokens.js';
import { openSessions } from './standing-session.js';

/** A sign-in of a person's that somebody can act by. */
export interface ListedSession {
  id: string;
  /** Null for one that a process of an earlier version made. */
  how: SignInMethod | null;
  userAgent: string | null;
  address: string | null;
  createdAt: string;
  lastUsedAt: string;
}

/** The sign-ins of a person, the one used last first. Keys are none of them. */
export async function listSessions(
  { db }: Pick<CoreDeps, 'db'>,
  { userId }: Pick<Actor, 'userId'>,
  { maxDays }: RefreshOptions = {},
): Promise<ListedSession[]> {
  const young = maxDays === undefined ? Prisma.empty : Prisma.sql`and s.created_at > now() - ${maxDays}::int * interval '1 day'`;
  const rows = await db.$queryRaw<
    (Omit<ListedSession, 'createdAt' | 'lastUsedAt'> & { createdAt: Instant; lastUsedAt: Instant })[]
  >(Prisma.sql`
    select s.id, s.how, s.user_agent as "userAgent", s.address, s.created_at as "createdAt", coalesce(s.last_used_at, s.created_at) as "lastUsedAt"
    from ${openSessions} where s.user_id = ${userId}::uuid and s.kind = 'login' ${young}
      and exists (select 1 from refresh_tokens t where t.session_id = s.id and t.expires_at > now())
    order by coalesce(s.last_used_at, s.created_at) desc, s.id desc limit ${maxListedSignIns}::int`);
  return rows.map(({ createdAt, lastUsedAt, ...row }) => ({ ...row, createdAt: toIso(createdAt), lastUsedAt: toIso(lastUsedAt) }));
}
