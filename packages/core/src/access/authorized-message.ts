import { AppError } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import type { AuthorizedRoom } from './authorized-room.js';

/** What of a message never changes, so that it may be decided on before the row is locked. */
export interface MessageOrigin {
  id: string;
  roomId: string;
  kind: 'text' | 'reply' | 'system';
  authorType: 'user' | 'character' | 'system';
  /** User or character id; null for system lines. */
  authorId: string | null;
  /** User id of who asked, of a reply. */
  askedBy: string | null;
}

/** A message of a room that the actor may do something in: {@link AuthorizedRoom} is the proof. */
export interface AuthorizedMessage extends MessageOrigin {
  room: AuthorizedRoom;
}

/** True if the message is the actor's own: they wrote it, or asked for it where it is a reply. */
export function isOwn({ authorType, authorId, askedBy, room }: AuthorizedMessage): boolean {
  return room.actor.userId === (authorType === 'user' ? authorId : askedBy);
}

/** @throws AppError MESSAGE_NOT_FOUND */
export async function loadMessageOrigin({ db }: Pick<CoreDeps, 'db'>, messageId: string): Promise<MessageOrigin> {
  const [origin] = await db.$queryRaw<MessageOrigin[]>(Prisma.sql`
    select m.id, m.room_id as "roomId", m.kind, m.author_type as "authorType", m.author_id as "authorId",
      (m.reply ->> 'askedBy')::uuid as "askedBy"
    from messages m where m.id = ${messageId}::uuid`);
  if (!origin) throw new AppError('MESSAGE_NOT_FOUND');
  return origin;
}
