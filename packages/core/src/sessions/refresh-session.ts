import { AppError } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { v7 as uuidv7 } from 'uuid';
import type { CoreDeps } from '../deps.js';
import { noteSecurity } from '../security-log.js';
import type { AccessTokens } from './access-tokens.js';
import { accountJson, type AccountRow } from '../protocol/account-rows.js';
import { publishSessionEnded } from './publish-session-ended.js';
import { hashSecretToken, newSecretToken } from './secret-token.js';
import { accountClosed, endSessions, sessionEnded } from './standing-session.js';
import { sessionIdleDays, signedIn, type SignedIn } from './signed-in.js';

/** How long after its first exchange a token may be exchanged again: two tabs may send it, or a response may get lost. */
const siblingWindowSeconds = 30;

/**
 * The most expired tokens that one exchange deletes. They are of no use any more: an unknown token is refused just like an expired one.
 * Ids grow with time and all tokens last equally long, so the tokens with the lowest ids expire first. Finding them costs the same in a
 * table of any size.
 */
const prunedPerExchange = 20;

interface RefreshRow {
  outcome: 'rotated' | 'sibling' | 'reused' | 'forked' | 'revoked' | 'expired' | 'disabled';
  sessionId: string;
  account: AccountRow;
}

export interface RefreshOptions {
  /** How many days a session may last after its sign-in, however much it is used. @default no longest life */
  maxDays?: number;
}

/**
 * Exchanges a refresh token for its successor and a new access token, by the database's clock, in one statement.
 *
 * A token that was exchanged before yields a sibling of its successor if the first exchange was within {@link siblingWindowSeconds} and
 * no successor was used yet. Otherwise someone holds a copy of the token, and the whole session ends. The token and its session are
 * locked, so tabs that refresh at once take turns: the first one rotates the token, the others get siblings.
 *
 * A sibling begins a second branch of the session, and only one branch may be used for good. The tabs of a browser share one cookie: it
 * holds the answer that came last, all tabs go on from that one, and the other branches stay unused. So whoever goes on from another
 * branch has a copy, and the session ends for both. Two conditions find that ({@link forked}):
 *
 * - Another token of the session was exchanged more than {@link siblingWindowSeconds} after the presented one was issued. Where only one
 * branch is used, nothing is exchanged beside its newest token.
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
  { maxDays }: RefreshOptions = {},
): Promise<SignedIn> {
  const successor = newSecretToken();
  const tooOld = maxDays === undefined ? Prisma.sql`false` : Prisma.sql`p.began_at + ${maxDays}::int * interval '1 day' <= now()`;
  const [row] = await deps.db.$queryRaw<RefreshRow[]>(Prisma.sql`
    with presented as (
      select t.id, t.session_id, t.parent_id, t.created_at, t.used_at, t.expires_at, s.created_at as began_at, s.user_id,
        ${sessionEnded} as ended
      from refresh_tokens t join sessions s on s.id = t.session_id
      where t.hash = decode(${hashSecretToken(refreshToken)}, 'hex')
      for no key update of t, s
    ),
    judged as (
      select p.id as token_id, p.session_id, p.user_id, case
        when ${accountClosed} then 'disabled'
        when p.ended then 'revoked'
        when p.expires_at <= now() or ${tooOld} then 'expired'
        when p.used_at is null then case when ${forked} then 'forked' else 'rotated' end
        when p.used_at > now() - ${siblingWindowSeconds}::int * interval '1 second'
          and not exists (select 1 from refresh_tokens c where c.session_id = p.session_id and c.parent_id = p.id and c.used_at is not null)
          then 'sibling'
        else 'reused' end as outcome
      from presented p join users u on u.id = p.user_id
    ),
    used as (
      update refresh_tokens t set used_at = now() from judged j where t.id = j.token_id and j.outcome = 'rotated'
      returning t.id
    ),
    ended as (${endSessions({ from: Prisma.sql`judged j`, id: Prisma.sql`j.session_id`, only: Prisma.sql`and j.outcome in ('reused', 'forked')` })}),
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

/** True of a token `p`, presented for the first time, while another branch of its session is used for good; see {@link refreshSession}. */
const forked = Prisma.sql`(
  exists (
    select 1 from refresh_tokens o
    where o.session_id = p.session_id and o.used_at > p.created_at + ${siblingWindowSeconds}::int * interval '1 second'
  )
  or exists (
    select 1 from refresh_tokens parent
      join refresh_tokens other on other.session_id = parent.session_id and other.parent_id = parent.parent_id and other.id <> parent.id
      join refresh_tokens cousin on cousin.session_id = parent.session_id and cousin.parent_id = other.id and cousin.used_at is not null
    where parent.id = p.parent_id
  ))`;
