import { AppError, type MessageView } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import { messageJson, messageView, type MessageRow } from '../protocol/message-rows.js';

/** Loads a message as it is now. The caller has made sure that its reader may see the message. @throws AppError MESSAGE_NOT_FOUND */
export async function loadMessage({ db }: Pick<CoreDeps, 'db'>, messageId: string): Promise<MessageView> {
  const [row] = await db.$queryRaw<{ message: MessageRow }[]>(
    Prisma.sql`select ${messageJson('m')} as message from messages m where m.id = ${messageId}::uuid`,
  );
  if (!row) throw new AppError('MESSAGE_NOT_FOUND');
  return messageView(row.message);
}
