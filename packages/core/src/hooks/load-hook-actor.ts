import { AppError } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import type { Actor } from '../sessions/actor.js';
import { hashSecretToken } from '../sessions/secret-token.js';
import { hookStands } from './hook-rows.js';

/** How old the noted use of a hook may get before it is noted again, in seconds. */
const usedAgainSeconds = 60;

/** Who writes by a hook: its bot, which may send messages into the hook's room and nothing else. */
export interface HookCaller {
  hookId: string;
  roomId: string;
  actor: Actor;
}

interface HookCallerRow {
  id: string;
  roomId: string;
  botId: string;
  username: string;
  sessionId: string;
  stands: boolean;
  stale: boolean;
}

/**
 * Finds out who writes by the secret of a hook.
 *
 * @throws AppError HOOK_NOT_FOUND; HOOK_STOPPED for one whose room is archived, or whose bot or maker is gone
 */
export async function loadHookActor({ db, log }: Pick<CoreDeps, 'db' | 'log'>, secret: string): Promise<HookCaller> {
  const [row] = await db.$queryRaw<HookCallerRow[]>(Prisma.sql`
    select k.id, k.room_id as "roomId", bot.id as "botId", bot.username, k.session_id as "sessionId", ${hookStands} as stands,
      k.last_used_at is null or k.last_used_at < now() - ${usedAgainSeconds}::int * interval '1 second' as stale
    from hooks k join users bot on bot.id = k.bot_id
    where k.hash = decode(${hashSecretToken(secret)}, 'hex')`);
  if (!row) throw new AppError('HOOK_NOT_FOUND');
  const { id, roomId, botId: userId, username, sessionId } = row;
  if (!row.stands) throw new AppError('HOOK_STOPPED');
  // Not awaited: a database that takes no writes is told of by the message itself.
  if (row.stale)
    void noteUse({ db }, id).catch((error: unknown) => log.warn({ err: error, hookId: id }, 'the use of a hook was not noted'));
  const key = { scopes: ['messages:write'], roomIds: [roomId] } as const;
  return { hookId: id, roomId, actor: { userId, sessionId, username, role: 'user', expiresAt: Infinity, key } };
}

async function noteUse({ db }: Pick<CoreDeps, 'db'>, id: string): Promise<void> {
  await db.$executeRaw(Prisma.sql`update hooks k set last_used_at = now() where k.id = ${id}::uuid`);
}
