import { AppError, maxBotsPerOwner, type BotView } from '@parley/contracts';
import { nameKeys } from '@parley/contracts/search';
import { Prisma } from '@parley/db';
import { v7 as uuidv7 } from 'uuid';
import type { RoomAccess } from '../access/room-access.js';
import { auditEntries } from '../audit/audit-statements.js';
import type { CoreDeps } from '../deps.js';
import { hueOf } from '../protocol/hue-of.js';
import { toIso, type Instant } from '../protocol/instant.js';
import { userView } from '../protocol/presenters.js';
import { userJson, type UserRow } from '../protocol/room-rows.js';
import { noteSecurity } from '../security-log.js';
import { activeActor } from '../sessions/active-actor.js';
import type { Actor } from '../sessions/actor.js';
import { newKeySession } from '../sessions/key-session.js';
import { loadActor, refuseInactive } from '../sessions/load-actor.js';
import { claimHandle } from './claim-handle.js';
import { misleadingName, misleadingNameError, namesAreFree, type Naming } from './misleading-name.js';
import { endAccount } from './end-account.js';

/**
 * Bots are accounts that belong to a person and have no password: they act by keys that their owner makes. They are disabled and removed with
 * their owner, who pays for what they ask of the AI. The glyph of their avatar marks them, in what they said too.
 */

interface BotRow {
  user: UserRow;
  createdAt: Instant;
}

const view = ({ user, createdAt }: BotRow): BotView => ({ user: userView(user), createdAt: toIso(createdAt) });

/**
 * Makes a bot of the actor's.
 *
 * @throws AppError USERNAME_TAKEN, also for a name that misleads; RATE_LIMITED for one bot too many; FORBIDDEN for a bot's bot;
 * SESSION_REVOKED, ACCOUNT_DISABLED
 */
export async function createBot(
  deps: Pick<CoreDeps, 'db' | 'log'>,
  actor: Actor,
  { username, displayName = username }: { username: string; displayName?: string | undefined },
): Promise<BotView> {
  const naming: Naming = {
    handle: { text: username, field: 'username' },
    name: { text: displayName, field: displayName === username ? 'username' : 'displayName' },
    of: 'person',
    userId: null,
  };
  const misleading = await misleadingName(deps, naming);
  if (misleading) throw misleadingNameError(misleading);
  const [row] = await deps.db.$queryRaw<{ acts: boolean; isBot: boolean; bot: BotRow | null }[]>(Prisma.sql`
    with actor as (${activeActor(actor)}),
    held as (select u.id, u.owner_id, u.bot_count from users u join actor on actor.id = u.id),
    -- Of two bots that one person makes at once, the later finds the earlier counted: the condition is read again once the row is free.
    owner as (
      update users u set bot_count = u.bot_count + 1 from held
      where u.id = held.id and u.owner_id is null and u.bot_count < ${maxBotsPerOwner}::int and ${namesAreFree(naming)}
        and not exists (select 1 from handles h where h.handle = ${username}::text)
      returning u.id
    ),
    name as (${claimHandle(username, Prisma.sql`owner`)}),
    made as (
      insert into users (id, username, display_name, names, avatar, owner_id)
      select ${uuidv7()}::uuid, name.handle, ${displayName}::text, ${nameKeys([username, displayName])}::tsvector,
        ${JSON.stringify({ hue: hueOf(username), glyph: 'bot' })}::jsonb, owner.id
      from name cross join owner
      returning *
    ),
    audited as (${auditEntries(
      { event: 'bot.made', by: actor, subject: { kind: 'account', id: Prisma.sql`made.id`, name: Prisma.sql`made.username` } },
      Prisma.sql`made`,
    )})
    select exists (select 1 from actor) as acts, coalesce((select owner_id is not null from held), false) as "isBot",
      (select json_build_object('user', ${userJson('made')}, 'createdAt', made.created_at) from made) as bot`);
  if (!row?.acts) return await refuseInactive(deps, actor);
  if (row.isBot) throw new AppError('FORBIDDEN', 'A bot has no bots.');
  if (!row.bot) {
    if ((await countBots(deps, actor)) >= maxBotsPerOwner)
      throw new AppError('RATE_LIMITED', `A person has ${maxBotsPerOwner} bots at most. Remove one first.`);
    // Somebody took the name, or one that looks alike, since.
    const refused = await misleadingName(deps, naming);
    throw refused ? misleadingNameError(refused) : new AppError('USERNAME_TAKEN', undefined, { field: 'username' });
  }
  noteSecurity(deps.log, 'bot made', { userId: actor.userId, username });
  return view(row.bot);
}

/** Counts the actor's bots anew, because one whose name was taken at the same moment was counted and not made. */
async function countBots({ db }: Pick<CoreDeps, 'db'>, actor: Pick<Actor, 'userId'>): Promise<number> {
  const [row] = await db.$queryRaw<{ bots: number }[]>(Prisma.sql`
    update users u set bot_count = (select count(*)::int from users b where b.owner_id = u.id)
    where u.id = ${actor.userId}::uuid returning u.bot_count as bots`);
  return row!.bots;
}

/** The actor's bots, by username. */
export async function listBots({ db }: Pick<CoreDeps, 'db'>, actor: Pick<Actor, 'userId'>): Promise<BotView[]> {
  const rows = await db.$queryRaw<BotRow[]>(Prisma.sql`
    select ${userJson('u')} as user, u.created_at as "createdAt" from users u
    where u.owner_id = ${actor.userId}::uuid order by u.username limit ${maxBotsPerOwner}::int`);
  return rows.map(view);
}

/**
 * Ends a bot of the actor's for good, as a person's account ends. If it breaks off, it can be repeated.
 *
 * @throws AppError USER_NOT_FOUND for a bot that is not the actor's; CONFLICT, UNAVAILABLE, SESSION_REVOKED, ACCOUNT_DISABLED
 */
export async function removeBot(deps: CoreDeps & { rooms: RoomAccess }, actor: Actor, username: string): Promise<void> {
  const { sessionId, ctes } = newKeySession({
    from: Prisma.sql`bot`,
    userId: Prisma.sql`bot.id`,
    only: Prisma.sql`true`,
    // So long as its end may take.
    expiresAt: new Date(Date.now() + 600_000).toISOString(),
  });
  const [bot] = await deps.db.$queryRaw<{ id: string; username: string }[]>(Prisma.sql`
    with actor as (${activeActor(actor)}),
    opened as (
      update users u set disabled_at = null from actor
      where u.owner_id = actor.id and u.username = ${username}::text
      returning u.id, u.username
    ),
    bot as (select id, username from opened),
    ${ctes}
    select bot.id, bot.username from bot cross join session`);
  if (!bot) {
    await loadActor(deps, actor.userId, actor.sessionId);
    throw noSuchBot();
  }
  try {
    await endAccount(deps, { userId: bot.id, sessionId, username: bot.username, role: 'user', expiresAt: Infinity }, null, actor);
  } catch (error) {
    // Of the bot, which another call ended meanwhile. Whoever calls must not take it for their own account.
    if (AppError.is(error, 'ACCOUNT_DISABLED') || AppError.is(error, 'SESSION_REVOKED')) throw noSuchBot(error);
    throw error;
  }
}

function noSuchBot(cause?: unknown): AppError {
  return new AppError('USER_NOT_FOUND', 'You have no such bot.', { field: 'username', cause });
}
