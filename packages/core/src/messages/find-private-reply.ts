import type { PrivateReply, ReplyRequest } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import { privateReplyJson, privateReplyView, type PrivateReplyRow } from '../protocol/private-reply-view.js';

/** Finds the private reply to a person's call with this `clientId`, as it is now, and the request; null if there is none. */
export async function findPrivateReply(
  { db }: Pick<CoreDeps, 'db'>,
  roomId: string,
  userId: string,
  clientId: string,
): Promise<{ reply: PrivateReply; request: ReplyRequest | null } | null> {
  const [row] = await db.$queryRaw<{ reply: PrivateReplyRow; request: ReplyRequest | null }[]>(Prisma.sql`
    select ${privateReplyJson('p')} as reply, p.request from private_replies p
    where p.room_id = ${roomId}::uuid and p.user_id = ${userId}::uuid and p.client_id = ${clientId}::uuid`);
  return row ? { reply: privateReplyView(row.reply), request: row.request } : null;
}
