import { Prisma } from '@parley/db';
import { auditEntries } from '../audit/audit-statements.js';
import type { CoreDeps } from '../deps.js';
import { noteSecurity } from '../security-log.js';
import { publishSessionEnded } from '../sessions/publish-session-ended.js';
import { endSessions, standingSessions } from '../sessions/standing-session.js';

/** Whose sign-ins a provider ends: those of its session `sid`, else all of this subject. */
export interface ProviderLogout {
  provider: string;
  subject: string | null;
  sid: string | null;
  /** Whether the person's keys end too. */
  keys: boolean;
}

/**
 * Ends what a logout at a provider ends: the sessions that its session began, or all of the person's where it names no session; and their
 * keys. When it returns, no write by any of them is under way or will commit; sockets and streams are told over the bus. To end them
 * again changes nothing.
 */
export async function endProviderSessions(deps: CoreDeps, { provider, subject, sid, keys }: ProviderLogout): Promise<void> {
  const people = await deps.db.$queryRaw<{ userId: string }[]>(Prisma.sql`
    select distinct i.user_id as "userId" from identities i
    where i.provider = ${provider}::text and (${subject}::text is null or i.subject = ${subject}::text)
      and (${sid}::text is null or ${subject}::text is not null
        or exists (select 1 from provider_sessions p where p.identity_id = i.id and p.sid = ${sid}::text))
      and coalesce(${subject}::text, ${sid}::text) is not null`);
  const begun =
    sid === null
      ? Prisma.sql`s.kind = 'login'`
      : Prisma.sql`exists (
          select 1 from provider_sessions p join identities i on i.id = p.identity_id
          where p.session_id = s.id and p.sid = ${sid}::text and i.provider = ${provider}::text)`;
  for (const { userId } of people) {
    const ended = await deps.db.$queryRaw<{ id: string }[]>(Prisma.sql`
      with standing as (${standingSessions(userId, Prisma.sql`and (${begun} or ${keys}::boolean and s.kind = 'key')`)}),
      ended as (${endSessions({ from: Prisma.sql`standing`, id: Prisma.sql`standing.id` })}),
      audited as (${auditEntries(
        {
          event: 'provider.signedOut',
          by: { provider },
          subject: {
            kind: 'account',
            id: userId,
            name: Prisma.sql`(select named.username from users named where named.id = ${userId}::uuid)`,
          },
          detail: Prisma.sql`jsonb_build_object('sessions', (select count(*) from ended))`,
        },
        Prisma.sql`(select 1 where exists (select 1 from ended)) any_ended`,
      )})
      select id from ended`);
    if (ended.length > 0) noteSecurity(deps.log, 'signed out by provider', { userId });
    for (const { id } of ended) publishSessionEnded(deps, userId, id);
  }
}

/** Whether a logout token was used before: whoever has seen one must not sign people out by it again and again. */
export async function wasUsed({ db }: Pick<CoreDeps, 'db'>, { provider, jti }: { provider: string; jti: string }): Promise<boolean> {
  const [row] = await db.$queryRaw<{ used: boolean }[]>(Prisma.sql`
    select exists (select 1 from provider_logouts l where l.provider = ${provider}::text and l.jti = ${jti}::text) as used`);
  return row!.used;
}

/** Notes that a logout token was used, and forgets those that have expired. */
export async function noteLogoutToken(
  { db }: Pick<CoreDeps, 'db'>,
  { provider, jti, expiresAt }: { provider: string; jti: string; expiresAt: Date },
): Promise<void> {
  await db.$executeRaw(Prisma.sql`
    with spent as (delete from provider_logouts l where l.expires_at < now() returning 1)
    insert into provider_logouts (provider, jti, expires_at) values (${provider}, ${jti}, ${expiresAt.toISOString()}::timestamptz)
    on conflict do nothing`);
}
