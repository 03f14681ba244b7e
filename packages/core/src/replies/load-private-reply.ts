import { AppError, type PrivateReply } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import { privateReplyJson, privateReplyView, type PrivateReplyRow } from '../protocol/private-reply-view.js';

/** A private reply as it is now. @throws AppError MESSAGE_NOT_FOUND */
export async function loadPrivateReply({ db }: Pick<CoreDeps, 'db'>, id: string): Promise<PrivateReply> {
  const [row] = await db.$queryRaw<{ reply: PrivateReplyRow }[]>(Prisma.sql`
    select ${privateReplyJson('p')} as reply from private_replies p where p.id = ${id}::uuid`);
  if (!row) throw new AppError('MESSAGE_NOT_FOUND');
  return privateReplyView(row.reply);
}
