import { AppError, maxHooks, type WebhookView } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { AuthorizedRoom } from '../access/authorized-room.js';
import type { CoreDeps } from '../deps.js';
import type { Actor } from '../sessions/actor.js';
import { selectWebhooks, webhookView, type WebhookRow } from './webhook-rows.js';

/** The webhooks of a room, the oldest first. */
export function listWebhooks(deps: Pick<CoreDeps, 'db'>, { roomId }: AuthorizedRoom): Promise<WebhookView[]> {
  return read(deps, Prisma.sql`h.room_id = ${roomId}::uuid`);
}

/** The webhooks of a bot of the actor's, the oldest first. @throws AppError USER_NOT_FOUND for a bot that is not the actor's */
export async function listBotWebhooks(
  deps: Pick<CoreDeps, 'db'>,
  { userId }: Pick<Actor, 'userId'>,
  username: string,
): Promise<WebhookView[]> {
  const [bot] = await deps.db.$queryRaw<{ id: string }[]>(Prisma.sql`
    select u.id from users u where u.owner_id = ${userId}::uuid and u.username = ${username}::text`);
  if (!bot) throw new AppError('USER_NOT_FOUND', 'You have no such bot.', { field: 'username' });
  return read(deps, Prisma.sql`h.bot_id = ${bot.id}::uuid`);
}

/** A page of the webhooks that the actor made, of rooms and of bots, the oldest first. @param after the id that the page before ended with */
export function listMadeWebhooks(
  deps: Pick<CoreDeps, 'db'>,
  { userId }: Pick<Actor, 'userId'>,
  after: string | null,
): Promise<WebhookView[]> {
  return read(
    deps,
    Prisma.sql`h.made_by = ${userId}::uuid and (${after}::uuid is null
      or (h.created_at, h.id) > (select last.created_at, last.id from webhooks last where last.id = ${after}::uuid))`,
  );
}

/** A webhook as it is now. @throws AppError HOOK_NOT_FOUND */
export async function loadWebhook(deps: Pick<CoreDeps, 'db'>, id: string): Promise<WebhookView> {
  const [webhook] = await read(deps, Prisma.sql`h.id = ${id}::uuid`);
  if (!webhook) throw new AppError('HOOK_NOT_FOUND');
  return webhook;
}

async function read({ db }: Pick<CoreDeps, 'db'>, which: Prisma.Sql): Promise<WebhookView[]> {
  const rows = await db.$queryRaw<WebhookRow[]>(Prisma.sql`${selectWebhooks(which)} limit ${maxHooks}::int`);
  return rows.map(webhookView);
}
