import { AppError, type MessageView, type RoomOperationName } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { Actor } from '../sessions/actor.js';
import type { CoreDeps } from '../deps.js';
import type { AuthorizedRoom } from '../access/authorized-room.js';
import type { RoomAccess } from '../access/room-access.js';
import { messageJson, messageView, type MessageRow } from '../protocol/message-rows.js';

/** What of a message never changes, and so may be decided on before the row is locked. */
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

/**
 * Calls `fn` with the room of a message, as {@link RoomAccess} does.
 *
 * @throws AppError MESSAGE_NOT_FOUND, also for a message in a room that the actor does not see; and what `RoomAccess.run` throws
 */
export async function inRoomOfMessage<T>(
  deps: CoreDeps,
  rooms: RoomAccess,
  actor: Actor,
  operation: RoomOperationName,
  messageId: string,
  fn: (room: AuthorizedRoom, origin: MessageOrigin) => Promise<T>,
): Promise<T> {
  const [origin] = await deps.db.$queryRaw<MessageOrigin[]>(Prisma.sql`
    select m.id, m.room_id as "roomId", m.kind, m.author_type as "authorType", m.author_id as "authorId",
      (m.reply ->> 'askedBy')::uuid as "askedBy"
    from messages m where m.id = ${messageId}::uuid`);
  if (!origin) throw new AppError('MESSAGE_NOT_FOUND');
  return await rooms.run(actor, origin.roomId, operation, (room) => fn(room, origin)).catch(hideRoom);
}

/** A room that the caller does not see is not told from a message that never was. */
export function hideRoom(error: unknown): never {
  throw AppError.is(error, 'ROOM_NOT_FOUND') ? new AppError('MESSAGE_NOT_FOUND', undefined, { cause: error }) : error;
}

/** True for whom the message is: its author, or who asked for it where it is a reply. */
export function isOwn({ authorType, authorId, askedBy }: MessageOrigin, { userId }: Actor): boolean {
  return authorType === 'user' ? authorId === userId : askedBy === userId;
}

/** The message as it is now. The caller has seen to it that its reader may have it. @throws AppError MESSAGE_NOT_FOUND */
export async function loadMessage({ db }: Pick<CoreDeps, 'db'>, messageId: string): Promise<MessageView> {
  const [row] = await db.$queryRaw<{ message: MessageRow }[]>(
    Prisma.sql`select ${messageJson('m')} as message from messages m where m.id = ${messageId}::uuid`,
  );
  if (!row) throw new AppError('MESSAGE_NOT_FOUND');
  return messageView(row.message);
}
