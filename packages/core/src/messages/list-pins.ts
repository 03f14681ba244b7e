import { maxListedPins, type MessageView } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import type { AuthorizedRoom } from '../access/authorized-room.js';
import { messageJson, messagesOfPage, messageView, type MessageRow } from '../protocol/message-rows.js';

const latest = Prisma.sql`m.pinned_at desc, m.seq desc`;

/** The room's pinned messages, the latest pin first; the latest 100, or fewer if they are long. */
export async function listPins({ db }: Pick<CoreDeps, 'db'>, { roomId }: AuthorizedRoom): Promise<MessageView[]> {
  const rows = await db.$queryRaw<{ message: MessageRow }[]>(Prisma.sql`
    select ${messageJson('m')} as message from (${messagesOfPage(
      latest,
      Prisma.sql`where m.room_id = ${roomId}::uuid and m.pinned_at is not null order by ${latest} limit ${maxListedPins}::int`,
    )}) m
    order by ${latest}`);
  return rows.map(({ message }) => messageView(message));
}
