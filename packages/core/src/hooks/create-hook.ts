import { randomBytes } from 'node:crypto';
import { AppError, maxHooks, operationNamed, type HookView } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { v7 as uuidv7 } from 'uuid';
import type { AuthorizedRoom } from '../access/authorized-room.js';
import { ensureMay } from '../access/ensure-may.js';
import { keyAllows } from '../access/key-rooms.js';
import type { RoomAccess } from '../access/room-access.js';
import { createBot } from '../accounts/bots.js';
import { auditEntries } from '../audit/audit-statements.js';
import type { CoreDeps } from '../deps.js';
import { addMember } from '../members/add-member.js';
import { noteSecurity } from '../security-log.js';
import { activeActor } from '../sessions/active-actor.js';
import { newKeySession } from '../sessions/key-session.js';
import { refuseInactive } from '../sessions/load-actor.js';
import { newSecretToken } from '../sessions/secret-token.js';
import { accountOpen } from '../sessions/standing-session.js';
import { hookView, selectHooks, type HookRow } from './hook-rows.js';

/**
 * Makes an address by which a program writes into the room, as a bot of the actor's: the one that is named, or one that is made for it and
 * has the hook's name. The bot is brought into the room. A key may do no more of this than by the operations for it: it makes no bot, and
 * brings one into the room only with the scope for that.
 *
 * @returns the hook, with the secret that nobody is shown again
 * @throws AppError FORBIDDEN for a direct room, a bot that left the room by itself, to bots without a bot, and to a key that may not bring the bot in;
 * VALIDATION to a key that names no bot; ROOM_ARCHIVED; RATE_LIMITED for one hook
 * or bot too many; USER_NOT_FOUND for a bot that is not the actor's; what `createBot` and `addMember` throw
 */
export async function createHook(
  deps: CoreDeps & { rooms: RoomAccess },
  room: AuthorizedRoom,
  { name, bot }: { name: string; bot?: string | undefined },
): Promise<{ hook: HookView; secret: string }> {
  const { actor, roomId } = room;
  ensureMay(room, {}, { direct: 'A direct room keeps its two. Make a room for more.' });
  if (bot === undefined && actor.key && !keyAllows(actor.key, 'bots.create'))
    throw new AppError('VALIDATION', 'A key makes no bots. Name one of your bots.', { field: 'bot' });
  const [facts] = await deps.db.$queryRaw<{ hooks: number; own: boolean; here: boolean }[]>(Prisma.sql`
    select (select count(*)::int from hooks k where k.room_id = ${roomId}::uuid) as hooks,
      exists (select 1 from users u where u.owner_id = ${actor.userId}::uuid and u.username = ${bot ?? null}::text and ${accountOpen}) as own,
      exists (
        select 1 from users u join room_members m on m.user_id = u.id and m.room_id = ${roomId}::uuid and m.left_rev is null
        where u.username = ${bot ?? null}::text
      ) as here`);
  if (facts!.hooks >= maxHooks) throw tooMany();
  // Before the bot comes into the room.
  if (bot !== undefined && !facts!.own) throw noSuchBot();
  if (!facts!.here && actor.key && !keyAllows(actor.key, 'rooms.addMember'))
    throw new AppError(
      'FORBIDDEN',
      `The bot is not in this room, and this key has no scope ${operationNamed('rooms.addMember').scope} to bring it in.`,
    );
  const username = bot ?? (await createBot(deps, actor, { username: usernameFor(name), displayName: name })).user.username;
  const added = await deps.rooms.run(actor, roomId, 'rooms.addMember', (target) => addMember(deps, target, username));
  if ('invitedAt' in added)
    throw new AppError('FORBIDDEN', 'The bot has left this room. Have it accept the invitation that waits for it.', { field: 'bot' });

  const id = uuidv7();
  const { token: secret, hashHex } = newSecretToken();
  const { sessionId, ctes } = newKeySession({
    from: Prisma.sql`bot`,
    userId: Prisma.sql`bot.id`,
    only: Prisma.sql`(select count(*) from hooks k where k.room_id = ${roomId}::uuid) < ${maxHooks}::int`,
    expiresAt: null,
  });
  const [row] = await deps.db.$queryRaw<{ acts: boolean; botId: string | null; made: boolean }[]>(Prisma.sql`
    with actor as (${activeActor(actor)}),
    bot as (
      select u.id, actor.id as made_by from users u join actor on u.owner_id = actor.id where u.username = ${username}::text and ${accountOpen}
    ),
    ${ctes},
    made as (
      insert into hooks (id, room_id, bot_id, made_by, name, hash, session_id, made_bot)
      select ${id}::uuid, ${roomId}::uuid, bot.id, bot.made_by, ${name}::text, decode(${hashHex}, 'hex'), session.id, ${bot === undefined}::boolean from bot cross join session
      returning id
    ),
    audited as (${auditEntries(
      { event: 'hook.made', by: actor, subject: { kind: 'hook', id: Prisma.sql`made.id`, name }, roomId, detail: { bot: username } },
      Prisma.sql`made`,
    )})
    select exists (select 1 from actor) as acts, (select id from bot) as "botId", exists (select 1 from made) as made`);
  if (!row!.acts) return refuseInactive(deps, actor);
  if (!row!.made) throw row!.botId === null ? noSuchBot() : tooMany();
  noteSecurity(deps.log, 'hook made', { userId: actor.userId, hookId: id, roomId, keyId: sessionId });
  const [hook] = await deps.db.$queryRaw<HookRow[]>(selectHooks(Prisma.sql`k.id = ${id}::uuid`));
  if (!hook) throw new AppError('HOOK_NOT_FOUND');
  return { hook: hookView(hook), secret };
}

/** A username that nobody else is likely to have, and that shows what the bot is for. */
function usernameFor(name: string): string {
  const words = name
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
    .slice(0, 20)
    .replace(/-$/, '');
  return `${words === '' ? 'hook' : words}-${randomBytes(4).toString('hex')}`;
}

function noSuchBot(): AppError {
  return new AppError('USER_NOT_FOUND', 'You have no such bot.', { field: 'bot' });
}

function tooMany(): AppError {
  return new AppError('RATE_LIMITED', `A room has ${maxHooks} hooks at most. Remove one that you do not need.`);
}
