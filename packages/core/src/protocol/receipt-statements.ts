import { Prisma } from '@parley/db';
import type { NewReceipt } from './receipt.js';

/** The only statements that write `reply_receipts`: what each attempt at a reply was made from. */

/**
 * Body of a CTE that keeps the receipt of an attempt, after a CTE `job` with the job's row. Null keeps none. The text of a summary is kept
 * only if its step still stands: a message that was changed while the answer was written has taken it away.
 */
export function insertReceipt(made: NewReceipt | null | undefined): Prisma.Sql {
  if (!made) return Prisma.sql`select 1 where false`;
  const { receipt, earlier } = made;
  return Prisma.sql`
    insert into reply_receipts (reply_id, attempt, room_id, receipt, earlier, earlier_up_to)
    select job.id, job.attempt, job.room_id, ${JSON.stringify(receipt)}::jsonb, ${earlier ? standing(earlier.text) : Prisma.sql`null`}, ${earlier?.upToSeq ?? null}::int
    from job
    on conflict (reply_id, attempt) do nothing`;
}

function standing(text: string): Prisma.Sql {
  return Prisma.sql`
    (select s.text from summary_steps s where s.room_id = job.room_id and s.character_id = job.character_id and s.text = ${text}::text limit 1)`;
}

/**
 * Body of a CTE that deletes the receipts of a deleted reply.
 *
 * @param from sources, without the word `using` @param reply id of the reply, in SQL
 */
export function deleteReceipts(from: Prisma.Sql, reply: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`delete from reply_receipts r using ${from} where r.reply_id = ${reply}`;
}

/** Body of a CTE that deletes the receipts of all private replies of a person. Parameters as of `deletePrivateReplies`. */
export function deletePrivateReceipts(using: Prisma.Sql, user: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`
    delete from reply_receipts r using ${using}, private_replies p where p.user_id = ${user} and r.reply_id = p.id`;
}

/**
 * Body of a CTE that has receipts forget the summaries that a message may be a part of.
 *
 * @param from sources, without the word `from` @param room id @param seq of the message; both in SQL
 */
export function forgetEarlier(from: Prisma.Sql, room: Prisma.Sql, seq: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`
    update reply_receipts r set earlier = null from ${from}
    where r.room_id = ${room} and r.earlier is not null and r.earlier_up_to >= ${seq}`;
}
