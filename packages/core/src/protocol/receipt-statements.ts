import type { PromptTokens, ReceiptRight, ReplyReceipt, ReplyTrigger, Usage } from '@parley/contracts';
import { Prisma } from '@parley/db';

/** The only statements that write `reply_receipts`: what each attempt at a reply was made from. */

/** What is needed to make the prompt of an attempt again, beside the request of its job and the messages. */
export interface ReceiptPrompt {
  /** How the prompt was worded. */
  version: string;
  /** SHA-256 in hex. */
  hash: string;
  /** What the names of the prompt's elements ended in; null for the built-in model, which has no prompt but a context. */
  nonce: string | null;
  maxTokens: number;
  character: { name: string; handle: string; systemPrompt: string };
  addressee: { name: string; handle: string; isCharacter: boolean; isBot?: boolean | undefined };
  askedAt: string;
  /** Of the messages it held, ascending, but for the one that asked. */
  seqs: number[];
  /** Of the messages that were read for it and had no place. */
  leftOut: number;
  tokens: PromptTokens | null;
  /** The character knew nothing up to this seq. */
  fromSeq: number;
}

/** A receipt as it is stored. */
export interface StoredReceipt {
  status: ReplyReceipt['status'];
  model: string | null;
  temperature: number | null;
  /** Null if the attempt ended before there was one. */
  prompt: ReceiptPrompt | null;
  /** Ids of the messages that the text cites. */
  cited: string[];
  droppedCitations: number;
  usage: Usage | null;
  firstTokenMs: number | null;
  durationMs: number;
  trigger: ReplyTrigger;
  right: ReceiptRight;
  /** User ids. */
  askedBy: string;
  paidBy: string;
  errorCode: string | null;
}

export interface NewReceipt {
  receipt: StoredReceipt;
  /** The summary that the prompt held. It is kept apart, because it goes when a message that it was made of is deleted. */
  earlier: { text: string; upToSeq: number } | null;
}

/** Body of a CTE that keeps the receipt of an attempt, after a CTE `job` with the job's row. Null keeps none. */
export function insertReceipt(made: NewReceipt | null | undefined): Prisma.Sql {
  if (!made) return Prisma.sql`select 1 where false`;
  const { receipt, earlier } = made;
  return Prisma.sql`
    insert into reply_receipts (reply_id, attempt, room_id, receipt, earlier, earlier_up_to)
    select job.id, job.attempt, job.room_id, ${JSON.stringify(receipt)}::jsonb, ${earlier?.text ?? null}::text, ${earlier?.upToSeq ?? null}::int
    from job
    on conflict (reply_id, attempt) do nothing`;
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
