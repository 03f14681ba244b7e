import { Prisma } from '@parley/db';
import { shownAttempt } from '../protocol/message-rows.js';

/** The only statements that write `reply_versions`: texts of replies that were written again. */

/**
 * Body of a CTE that keeps the text that each reply shows, unless it is empty, as a version. An attempt writes a text at most once, so it
 * has at most one version; one that is kept already stays as it is.
 *
 * @param reply alias of the rows of `messages`, as they were before; always a literal
 * @param from sources, without the word `from`
 */
export function keepVersions(reply: string, from: Prisma.Sql): Prisma.Sql {
  const r = Prisma.raw(reply);
  return Prisma.sql`
    insert into reply_versions (message_id, attempt, content, status, model, usage, finished_at, reply, error)
    select ${r}.id, ${shownAttempt(reply)}, ${r}.content, ${r}.status, ${r}.reply ->> 'model', nullif(${r}.reply -> 'usage', 'null'),
      coalesce((${r}.reply ->> 'finishedAt')::timestamptz, clock_timestamp()), ${r}.reply - 'chosen', ${r}.error
    from ${from} where ${r}.content <> ''
    on conflict (message_id, attempt) do nothing`;
}

/** Body of a CTE that blanks the versions of a deleted reply, after a CTE `counter`. */
export function blankVersions(messageId: string): Prisma.Sql {
  return blankVersionsOf(Prisma.sql`counter`, Prisma.sql`${messageId}::uuid`);
}

/** Body of a CTE that blanks the versions of deleted replies. @param from sources, without the word `from` @param reply id, in SQL */
export function blankVersionsOf(from: Prisma.Sql, reply: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`
    update reply_versions v set content = '', reply = v.reply - 'instruction' - 'tools' from ${from} where v.message_id = ${reply}`;
}
