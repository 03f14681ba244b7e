import { Prisma } from '@parley/db';
import { newSecretToken } from '../sessions/secret-token.js';

/** How long a link is good, in minutes: one that resets a password an hour, one that confirms an address a day. */
const minutes = { reset: 60, email: 24 * 60 } as const;

export interface NewLink {
  /** What the link carries, kept nowhere else. */
  code: string;
  /** Body of a CTE that writes the link, and yields `expires_at`. */
  insert: Prisma.Sql;
}

/**
 * A link of one use.
 *
 * @param from sources, without the word `from`, with one row where there is to be a link @param userId in SQL @param email in SQL
 */
export function newLink(kind: 'reset' | 'email', from: Prisma.Sql, userId: Prisma.Sql, email = Prisma.sql`null`): NewLink {
  const { token, hashHex } = newSecretToken();
  const insert = Prisma.sql`
    insert into sign_in_links (hash, kind, user_id, email, expires_at)
    select decode(${hashHex}, 'hex'), ${kind}::text, ${userId}, (${email})::text, now() + ${minutes[kind]}::int * interval '1 minute' from ${from}
    returning expires_at`;
  return { code: token, insert };
}

/** Body of a CTE that uses up a link that is good, and yields its `user_id` and `email`. Of two that come at once one finds it. @param hashHex of its code */
export function useLink(kind: 'reset' | 'email', hashHex: string): Prisma.Sql {
  return Prisma.sql`
    delete from sign_in_links l where l.hash = decode(${hashHex}, 'hex') and l.kind = ${kind}::text and l.expires_at > now()
    returning l.user_id, l.email`;
}

/** Body of a CTE that makes an account's links void. @param only further conditions on `l`, beginning with `and` */
export function deleteLinks(from: Prisma.Sql, userId: Prisma.Sql, only = Prisma.empty): Prisma.Sql {
  return Prisma.sql`delete from sign_in_links l using ${from} where l.user_id = ${userId} ${only} returning l.hash`;
}
