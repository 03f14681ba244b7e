import { Prisma } from '@parley/db';
import { hashSecretToken } from './secret-token.js';
import { accountClosed, sessionEnded } from './standing-session.js';

/** How long after its first exchange a token may be exchanged again: two tabs may send it, or a response may get lost. */
const siblingWindowSeconds = 30;

/**
 * What the exchange of a refresh token comes to; `refreshSession` says when which. The first two yield a successor, `reused` and `forked`
 * end the session.
 */
export type RefreshOutcome = 'rotated' | 'sibling' | 'reused' | 'forked' | 'disabled' | 'revoked' | 'expired';

export interface RefreshOptions {
  /** How many days a session may last after its sign-in, however much it is used. @default no longest life */
  maxDays?: number;
}

/**
 * CTEs `presented` and `judged`: the tokens that this server has issued, of those given, and what the exchange of each comes to by the
 * database's clock. `judged` has `token_id`, `hash`, `session_id`, `user_id` and `outcome`. Nothing is written.
 *
 * @param locking a locking clause for `t` and `s`, the token and its session
 */
export function judgedTokens(tokens: readonly string[], { maxDays }: RefreshOptions, locking: Prisma.Sql = Prisma.empty): Prisma.Sql {
  const hashes = tokens.map((token) => Prisma.sql`decode(${hashSecretToken(token)}, 'hex')`);
  const tooOld = maxDays === undefined ? Prisma.sql`false` : Prisma.sql`p.began_at + ${maxDays}::int * interval '1 day' <= now()`;
  return Prisma.sql`
    presented as (
      select t.id, t.hash, t.session_id, t.parent_id, t.created_at, t.used_at, t.expires_at, s.created_at as began_at, s.user_id,
        ${sessionEnded} as ended
      from refresh_tokens t join sessions s on s.id = t.session_id
      where t.hash in (${Prisma.join(hashes)})
      ${locking}
    ),
    judged as (
      select p.id as token_id, p.hash, p.session_id, p.user_id, case
        when ${accountClosed} then 'disabled'
        when p.ended then 'revoked'
        when p.expires_at <= now() or ${tooOld} then 'expired'
        when p.used_at is null then case when ${forked} then 'forked' else 'rotated' end
        when p.used_at > now() - ${siblingWindowSeconds}::int * interval '1 second'
          and not exists (select 1 from refresh_tokens c where c.session_id = p.session_id and c.parent_id = p.id and c.used_at is not null)
          then 'sibling'
        else 'reused' end as outcome
      from presented p join users u on u.id = p.user_id
    )`;
}

/**
 * True of a token `p`, presented for the first time, while another branch of its session is used for good: `refreshSession` says what the
 * two conditions mean.
 */
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
