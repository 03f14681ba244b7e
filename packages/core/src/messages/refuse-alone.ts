import { AppError } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { AuthorizedRoom } from '../access/authorized-room.js';
import type { CoreDeps } from '../deps.js';

/**
 * Refuses to write into a direct room whose other side is gone: the character was deleted, or the person's account removed. What is written
 * there would be read and answered by nobody.
 *
 * @throws AppError CHARACTER_NOT_FOUND, USER_NOT_FOUND
 */
export async function refuseAlone(
  { db }: Pick<CoreDeps, 'db'>,
  { roomId, actor, role, visibility, characters }: AuthorizedRoom,
): Promise<void> {
  if (visibility !== 'direct') return;
  // With a character, the person is the owner and the character answers always; nobody can change either in a direct room.
  if (role === 'owner') {
    if (characters.some(({ autoReply }) => autoReply === 'always')) return;
    throw new AppError(
      'CHARACTER_NOT_FOUND',
      'The character of this conversation was deleted. What was said stays, and nothing is added to it.',
    );
  }
  const others = await db.$queryRaw<unknown[]>(Prisma.sql`
    select 1 from room_members m where m.room_id = ${roomId}::uuid and m.user_id <> ${actor.userId}::uuid and m.left_rev is null limit 1`);
  if (others.length > 0) return;
  throw new AppError('USER_NOT_FOUND', 'The account of the other person was closed. What was said stays, and nothing is added to it.');
}
