import { AppError } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { AuthorizedRoom } from '../access/authorized-room.js';
import type { RoomAccess } from '../access/room-access.js';
import { removeBot } from '../accounts/bots.js';
import { auditEntries } from '../audit/audit-statements.js';
import type { CoreDeps } from '../deps.js';
import { noteSecurity } from '../security-log.js';
import { activeActor } from '../sessions/active-actor.js';
import { loadActor } from '../sessions/load-actor.js';
import { endSessions, openSessions } from '../sessions/standing-session.js';

/**
 * Ends a hook at once. A bot that was made for it ends too, if its owner removes the hook and uses the bot for nothing else: if that breaks
 * off, the hook is stopped, and removing it again goes on. Other bots stay, and no key ends one.
 *
 * @throws AppError HOOK_NOT_FOUND, SESSION_REVOKED, ACCOUNT_DISABLED; what `removeBot` throws
 */
export async function removeHook(deps: CoreDeps & { rooms: RoomAccess }, { actor, roomId }: AuthorizedRoom, hookId: string): Promise<void> {
  const [hook] = await deps.db.$queryRaw<{ bot: string | null }[]>(Prisma.sql`
    with actor as (${activeActor(actor)}),
    hook as (
      select k.* from hooks k join actor on true where k.id = ${hookId}::uuid and k.room_id = ${roomId}::uuid for no key update of k
    ),
    ended as (${endSessions({ from: Prisma.sql`hook`, id: Prisma.sql`hook.session_id` })})
    select case when hook.made_bot and bot.owner_id = ${actor.key ? null : actor.userId}::uuid
        and not exists (select 1 from hooks other where other.bot_id = bot.id and other.id <> hook.id)
        and not exists (select 1 from webhooks h where h.bot_id = bot.id)
        and not exists (select 1 from ${openSessions} where s.user_id = bot.id and s.id <> hook.session_id)
        and not exists (
          select 1 from room_members m where m.user_id = bot.id and m.room_id <> hook.room_id and m.left_rev is null
        )
      then bot.username end as bot
    from hook join users bot on bot.id = hook.bot_id`);
  if (!hook) return refuse(deps, actor);
  if (hook.bot !== null) await removeBot(deps, actor, hook.bot).catch(unlessGone);
  const [gone] = await deps.db.$queryRaw<object[]>(Prisma.sql`
    with actor as (${activeActor(actor)}),
    gone as (delete from hooks k using actor where k.id = ${hookId}::uuid and k.room_id = ${roomId}::uuid returning k.id, k.name),
    audited as (${auditEntries(
      { event: 'hook.removed', by: actor, subject: { kind: 'hook', id: Prisma.sql`gone.id`, name: Prisma.sql`gone.name` }, roomId },
      Prisma.sql`gone`,
    )})
    select id from gone`);
  if (!gone) return refuse(deps, actor);
  noteSecurity(deps.log, 'hook removed', { userId: actor.userId, hookId, roomId });
}

async function refuse(deps: Pick<CoreDeps, 'db'>, actor: AuthorizedRoom['actor']): Promise<never> {
  await loadActor(deps, actor.userId, actor.sessionId);
  throw new AppError('HOOK_NOT_FOUND');
}

/** Another call may have ended the bot just now. */
function unlessGone(error: unknown): void {
  if (!AppError.is(error, 'USER_NOT_FOUND')) throw error;
}
