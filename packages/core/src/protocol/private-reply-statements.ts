import { Prisma } from '@parley/db';
import { privateReplyJson, type PrivateReplyRow } from './private-reply-view.js';

/** The only statements that write `private_replies`: answers to one person, which take no numbers of the room. */

/** What a statement on a private reply returns. */
export interface WrittenPrivateReply {
  userId: string;
  dismissed: boolean;
  reply: PrivateReplyRow;
}

/** Columns of {@link WrittenPrivateReply}, from a CTE `written` that a function below made. */
export const writtenPrivately = Prisma.sql`written."userId", written.dismissed, written.reply`;

const returning = Prisma.sql`
  returning p.id, p.user_id as "userId", p.asked_seq, p.created_at, p.dismissed_at is not null as dismissed, ${privateReplyJson('p')} as reply`;

const changeable = {
  content: 'content',
  status: 'status',
  attempt: 'attempt',
  error: 'error',
  model: 'model',
  usage: 'usage',
  finishedAt: 'finished_at',
  dismissedAt: 'dismissed_at',
  tools: 'tools',
} as const;

/**
 * Body of a CTE, or a statement, that changes private replies.
 *
 * @param set columns and their values, in SQL over `p` and the sources
 * @param from sources, without the word `from`
 */
export function changePrivateReplies(
  set: Partial<Record<keyof typeof changeable, Prisma.Sql>>,
  from: Prisma.Sql,
  which: Prisma.Sql,
): Prisma.Sql {
  const assignments = (Object.keys(changeable) as (keyof typeof changeable)[]).flatMap((key) => {
    const value = set[key];
    return value === undefined ? [] : [Prisma.sql`${Prisma.raw(changeable[key])} = ${value}`];
  });
  return Prisma.sql`update private_replies p set ${Prisma.join(assignments)} from ${from} where ${which} ${returning}`;
}

/** The columns of a new private reply, each an expression over the sources. */
export interface NewPrivateReply {
  id: Prisma.Sql;
  user: Prisma.Sql;
  room: Prisma.Sql;
  content: Prisma.Sql;
  status: Prisma.Sql;
  clientId: Prisma.Sql;
  request: Prisma.Sql;
  character: Prisma.Sql;
  askedSeq: Prisma.Sql;
}

/**
 * Body of a CTE that writes a private reply, unless an earlier try of the same call, with the same `clientId`, wrote it.
 *
 * @param from sources, without the word `from`
 */
export function insertPrivateReply(reply: NewPrivateReply, from: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`
    insert into private_replies as p (id, user_id, room_id, content, status, client_id, request, character_id, asked_seq)
    select ${reply.id}, ${reply.user}, ${reply.room}, ${reply.content}, ${reply.status}, ${reply.clientId}, ${reply.request}, ${reply.character},
      ${reply.askedSeq}
    from ${from}
    on conflict (room_id, user_id, client_id) do nothing
    ${returning}, p.room_id, p.request, p.character_id`;
}

/**
 * Body of a CTE that deletes all private replies of a person.
 *
 * @param using a source, without the word `using`
 * @param user the source's column with the person's id
 */
export function deletePrivateReplies(using: Prisma.Sql, user: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`delete from private_replies p using ${using} where p.user_id = ${user}`;
}

/** Body of a CTE, which `returning` may follow, that deletes private replies. @param using a source, without the word `using` @param reply id, in SQL */
export function deletePrivateRepliesOf(using: Prisma.Sql, reply: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`delete from private_replies p using ${using} where p.id = ${reply}`;
}
