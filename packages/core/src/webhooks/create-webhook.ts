import { randomBytes } from 'node:crypto';
import { AppError, maxHooks, type WebhookEventName, type WebhookWithSecret } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { v7 as uuidv7 } from 'uuid';
import { StaleMembershipError, type AuthorizedRoom } from '../access/authorized-room.js';
import { ensureMay } from '../access/ensure-may.js';
import { auditEntries, type AuditEntry } from '../audit/audit-statements.js';
import type { CoreDeps } from '../deps.js';
import { setHooked } from '../protocol/counter-statements.js';
import { noteSecurity } from '../security-log.js';
import { activeActor } from '../sessions/active-actor.js';
import type { Actor } from '../sessions/actor.js';
import { loadActor } from '../sessions/load-actor.js';
import { accountOpen } from '../sessions/standing-session.js';
import { layLanes } from './lanes.js';
import { loadWebhook } from './list-webhooks.js';

export interface WebhookInput {
  /** An address that may be called: see `findWebhookTarget`. */
  url: string;
  events: readonly WebhookEventName[];
  /** @default the host of the address */
  name?: string | undefined;
}

/**
 * Has what happens in the room sent to an address, from now on.
 *
 * @returns the webhook, with the secret that nobody is shown again
 * @throws AppError ROOM_ARCHIVED; RATE_LIMITED for one too many; StaleMembershipError
 */
export async function createWebhook(
  deps: Pick<CoreDeps, 'db' | 'log'>,
  room: AuthorizedRoom,
  input: WebhookInput,
): Promise<WebhookWithSecret> {
  const { actor, roomId, membersRev } = room;
  ensureMay(room);
  const made = newWebhook(input);
  const [row] = await deps.db.$queryRaw<{ held: number; made: boolean }[]>(Prisma.sql`
    with actor as (${activeActor(actor)}),
    held as (select count(*)::int as webhooks from webhooks h where h.room_id = ${roomId}::uuid),
    room as (${setHooked(
      Prisma.sql`true`,
      Prisma.sql`actor cross join held`,
      Prisma.sql`c.room_id = ${roomId}::uuid and c.members_rev = ${membersRev}::int and held.webhooks < ${maxHooks}::int`,
    )}),
    made as (
      insert into webhooks (id, room_id, made_by, name, url, events, secret)
      select ${made.id}::uuid, room.room_id, actor.id, ${made.name}::text, ${made.url}::text, ${made.events}::text[], ${made.secret}::text
      from room cross join actor
      returning *
    ),
    lane as (insert into webhook_lanes (hook_id, room_id) select made.id, made.room_id from made),
    audited as (${auditEntries(noteOf(actor, made, roomId), Prisma.sql`made`)})
    select (select webhooks from held) as held, exists (select 1 from made) as made`);
  if (!row!.made) {
    if (row!.held >= maxHooks) throw tooMany('room');
    throw new StaleMembershipError();
  }
  noteSecurity(deps.log, 'webhook made', { userId: actor.userId, hookId: made.id, roomId });
  return { ...(await loadWebhook(deps, made.id)), secret: made.secret };
}

/**
 * Has what happens in all rooms of a bot sent to an address, from now on, also in those that it joins later.
 *
 * @returns the webhook, with the secret that nobody is shown again
 * @throws AppError USER_NOT_FOUND for a bot that is not the actor's; RATE_LIMITED for one too many; SESSION_REVOKED, ACCOUNT_DISABLED
 */
export async function createWebhookForBot(
  deps: Pick<CoreDeps, 'db' | 'log'>,
  actor: Actor,
  { username, ...input }: WebhookInput & { username: string },
): Promise<WebhookWithSecret> {
  const made = newWebhook(input);
  const [row] = await deps.db.$queryRaw<{ botId: string | null; made: boolean }[]>(Prisma.sql`
    with actor as (${activeActor(actor)}),
    bot as (
      select u.id, actor.id as made_by from users u join actor on u.owner_id = actor.id where u.username = ${username}::text and ${accountOpen}
      for no key update of u
    ),
    made as (
      insert into webhooks (id, bot_id, made_by, name, url, events, secret)
      select ${made.id}::uuid, bot.id, bot.made_by, ${made.name}::text, ${made.url}::text, ${made.events}::text[], ${made.secret}::text
      from bot where (select count(*) from webhooks h where h.bot_id = bot.id) < ${maxHooks}::int
      returning id
    ),
    audited as (${auditEntries(noteOf(actor, made, null, username), Prisma.sql`made`)})
    select (select id from bot) as "botId", exists (select 1 from made) as made`);
  if (!row!.made) {
    await loadActor(deps, actor.userId, actor.sessionId);
    throw row!.botId === null ? new AppError('USER_NOT_FOUND', 'You have no such bot.', { field: 'username' }) : tooMany('bot');
  }
  await layLanes(deps, made.id);
  noteSecurity(deps.log, 'webhook made', { userId: actor.userId, hookId: made.id });
  return { ...(await loadWebhook(deps, made.id)), secret: made.secret };
}

/** A new secret, as Standard Webhooks writes it: 256 random bits. */
export function newWebhookSecret(): string {
  return `whsec_${randomBytes(32).toString('base64')}`;
}

function newWebhook({ url, events, name }: WebhookInput) {
  const { host } = new URL(url);
  return { id: uuidv7(), url, events: [...events], name: name ?? host.slice(0, 80), secret: newWebhookSecret() };
}

function noteOf(actor: Actor, made: ReturnType<typeof newWebhook>, roomId: string | null, bot?: string): AuditEntry {
  const { host } = new URL(made.url);
  return { event: 'webhook.made', by: actor, subject: { kind: 'webhook', id: made.id, name: made.name }, roomId, detail: { host, bot } };
}

function tooMany(of: 'room' | 'bot'): AppError {
  return new AppError('RATE_LIMITED', `A ${of} has ${maxHooks} webhooks at most. Remove one that you do not need.`);
}
