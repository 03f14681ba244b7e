import { AppError } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import type { AuthorizedRoom } from './authorized-room.js';

/** The parts of a message that never change, so that a decision may rely on them before the row is locked. */
export interface MessageOrigin {
  id: string;
  roomId: string;
  kind: 'text' | 'reply' | 'system';
  authorType: 'user' | 'character' | 'system';
  /** User or character id; null for system lines. */
  authorId: string | null;
  /** User id of the person who asked, if the message is a reply. */
  askedBy: string | null;
}

/** A message, with the proof of what the actor may do in its room. */
export interface AuthorizedMessage extends MessageOrigin {
  room: AuthorizedRoom;
}

/** True if the message is the actor's own: the actor wrote it or, if it is a reply, asked for it. */
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
