import { AppError } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { v7 as uuidv7 } from 'uuid';
import { auditEntries } from '../audit/audit-statements.js';
import type { CoreDeps } from '../deps.js';
import { noteSecurity } from '../security-log.js';
import type { AccessTokens } from './access-tokens.js';
import { accountJson, type AccountRow } from '../protocol/account-rows.js';
import { judgedTokens, type RefreshOptions, type RefreshOutcome } from './judge-refresh-tokens.js';
import { publishSessionEnded } from './publish-session-ended.js';
import { newSecretToken } from './secret-token.js';
import { endSessions } from './standing-session.js';
import { currentDevice, sessionIdleDays, signedIn, type SignedIn } from './signed-in.js';

/**
 * The most expired tokens that one exchange deletes. They are of no use any more: an unknown token is refused just like an expired one.
 * Ids grow with time and all tokens last equally long, so the tokens with the lowest ids expire first. Finding them costs the same in a
 * table of any size.
 */
const prunedPerExchange = 20;

interface RefreshRow {
  outcome: RefreshOutcome;
  sessionId: string;
  account: AccountRow;
}

/**
 * Exchanges a refresh token for its successor and a new access token, by the database's clock, in one statement.
 *
 * A token that was exchanged before yields a sibling of its successor if the first exchange was within thirty seconds and no successor was
 * used yet. Otherwise someone holds a copy of the token, and the whole session ends. The token and its session are
 * locked, so tabs that refresh at once take turns: the first one rotates the token, the others get siblings.
 *
 * A sibling begins a second branch of the session, and only one branch may be used for good. The tabs of a browser share one cookie: it
 * holds the answer that came last, all tabs go on from that one, and the other branches stay unused. So whoever goes on from another
 * branch has a copy, and the session ends for both. Two conditions find that ({@link judgedTokens}):
 *
 * - Another token of the session was exchanged more than thirty seconds after the presented one was issued. Where only one branch is used,
 * nothing is exchanged beside its newest token.
 * - Both branches are two exchanges long. Tabs that open while a late answer changes the cookie may use two branches once within seconds,
 * which is allowed; nothing makes them do it again.
 *
 * A copy is thus found at the latest when the second of the two holders refreshes after the window. The statement does not see an
 * exchange of another token that commits while it waits for the session's lock; the next exchange does.
 *
 * @throws AppError SESSION_REVOKED (unknown, expired, ended, older than `maxDays`, or just ended because a copy was used),
 * ACCOUNT_DISABLED
 */
export async function refreshSession(
  deps: CoreDeps & { tokens: AccessTokens },
  refreshToken: string,
  options: RefreshOptions = {},
): Promise<SignedIn> {
  const successor = newSecretToken();
  const [row] = await deps.db.$queryRaw<RefreshRow[]>(Prisma.sql`
    with ${judgedTokens([refreshToken], options, Prisma.sql`for no key update of t, s`)},
    used as (
      update refresh_tokens t set used_at = now() from judged j where t.id = j.token_id and j.outcome = 'rotated'
      returning t.id
    ),
    ended as (${endSessions({ from: Prisma.sql`judged j`, id: Prisma.sql`j.session_id`, only: Prisma.sql`and j.outcome in ('reused', 'forked')` })}),
    audited as (${auditEntries(
      {
        event: 'session.copied',
        by: 'system',
        subject: { kind: 'account', id: Prisma.sql`copied.id`, name: Prisma.sql`copied.username` },
        detail: Prisma.sql`jsonb_build_object('session', copied.session_id)`,
      },
      Prisma.sql`(select u.id, u.username, j.session_id from judged j join ended on ended.id = j.session_id join users u on u.id = j.user_id) copied`,
    )}),
    used_session as (
      update sessions s set last_used_at = now(), (user_agent, address) = (select ${currentDevice()})
      from judged j where s.id = j.session_id and j.outcome in ('rotated', 'sibling')
      returning s.id
    ),
    token as (
      insert into refresh_tokens (id, session_id, hash, parent_id, expires_at)
      select ${uuidv7()}::uuid, j.session_id, decode(${successor.hashHex}, 'hex'), j.token_id, now() + ${sessionIdleDays}::int * interval '1 day'
      from judged j where j.outcome in ('rotated', 'sibling')
      returning id
    ),
    pruned as (
      delete from refresh_tokens t using (
        select o.id from (select id, expires_at from refresh_tokens order by id limit ${prunedPerExchange}::int) o
          join refresh_tokens l on l.id = o.id
        where o.expires_at <= now() and exists (select 1 from used)
        for update of l skip locked
      ) expired where t.id = expired.id
    )
    select j.outcome, j.session_id as "sessionId", ${accountJson('u')} as account from judged j join users u on u.id = j.user_id`);
  switch (row?.outcome) {
    case 'rotated':
    case 'sibling':
      return await signedIn(deps.tokens, row.account, row.sessionId, successor.token);
    case 'reused':
      noteSecurity(deps.log, 'refresh token reused', { userId: row.account.id, username: row.account.username });
      publishSessionEnded(deps, row.account.id, row.sessionId);
      throw new AppError('SESSION_REVOKED');
    case 'forked':
      noteSecurity(deps.log, 'refresh token copied', { userId: row.account.id, username: row.account.username });
      publishSessionEnded(deps, row.account.id, row.sessionId);
      throw new AppError('SESSION_REVOKED');
    case 'disabled':
      throw new AppError('ACCOUNT_DISABLED');
    case 'revoked':
    case 'expired':
    case undefined:
      throw new AppError('SESSION_REVOKED');
  }
}
