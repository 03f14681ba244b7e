import { AppError, type RoomOperationName } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { RoomAccess } from '../access/room-access.js';
import type { CoreDeps } from '../deps.js';
import type { Actor } from '../sessions/actor.js';

declare const proof: unique symbol;

/** Proof that the actor may see to this webhook. Only {@link runOfWebhook} makes it. */
export interface AuthorizedWebhook {
  readonly [proof]: true;
  readonly id: string;
  readonly actor: Actor;
}

/**
 * Calls `fn` with a webhook, if the actor may: one of a room by the actor's role in the room, one of a bot as the bot's owner.
 *
 * @throws AppError HOOK_NOT_FOUND, also for a webhook of a room that the actor does not see, and of another's bot; FORBIDDEN for too low a
 * role; what `fn` throws
 */
export async function runOfWebhook<T>(
  { db, rooms }: Pick<CoreDeps, 'db'> & { rooms: RoomAccess },
  actor: Actor,
  { webhookId, operation }: { webhookId: string; operation: RoomOperationName },
  fn: (webhook: AuthorizedWebhook) => Promise<T>,
): Promise<T> {
  const [origin] = await db.$queryRaw<{ roomId: string | null; ownerId: string | null }[]>(Prisma.sql`
    select h.room_id as "roomId", bot.owner_id as "ownerId" from webhooks h left join users bot on bot.id = h.bot_id
    where h.id = ${webhookId}::uuid`);
  const webhook = { id: webhookId, actor } as AuthorizedWebhook;
  if (origin?.roomId) {
    try {
      return await rooms.run(actor, origin.roomId, operation, () => fn(webhook));
    } catch (error) {
      throw AppError.is(error, 'ROOM_NOT_FOUND') ? new AppError('HOOK_NOT_FOUND', undefined, { cause: error }) : error;
    }
  }
  // A webhook of a bot tells of all its rooms, so a key for certain rooms does not reach it.
  if (origin?.ownerId === actor.userId && !actor.key?.roomIds) return await fn(webhook);
  throw new AppError('HOOK_NOT_FOUND');
}
