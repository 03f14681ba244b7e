import { AppError, type RemovalView } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { RoomAccess } from '../access/room-access.js';
import { adminAs, whyNoAccount } from '../accounts/admin-guard.js';
import { endAccount } from '../accounts/end-account.js';
import { openForRemoval } from '../accounts/open-for-removal.js';
import { listBots, removeBot } from '../accounts/bots.js';
import { provePerson } from '../accounts/prove-person.js';
import { auditEntries, type AuditActor } from '../audit/audit-statements.js';
import type { CoreDeps } from '../deps.js';
import type { SweepStep } from '../protocol/sweep-step.js';
import { noteSecurity } from '../security-log.js';
import type { Actor } from '../sessions/actor.js';
import type { PasswordHasher } from '../sessions/password-hasher.js';
import { beginRemoval, endRemoval, nextBrokenRemoval } from '../accounts/removals.js';
import { removeMessagesOf } from './remove-messages-of.js';

/** What becomes of what the person said: it stays without their name, or it goes too. */
type Messages = 'keep' | 'remove';

/** How long a removal may be silent before a worker takes it for broken off, in minutes: a person with a million messages takes less between two rooms. */
const brokenOffMinutes = 10;

/**
 * Removes a person's account for good, with its bots, and says what went, and what stays and why. It begins with a row, so that what breaks off is gone on
 * with: by calling it again, or by a worker. Calling it for an account that was removed says the same again.
 *
 * @param by the admin who asks; null for an operator at the command line
 * @param input.username the account's; of one whose removal has begun, the one that it had
 * @throws AppError USER_NOT_FOUND; VALIDATION for the admin's own account; FORBIDDEN unless `by` is an admin; SESSION_REVOKED, ACCOUNT_DISABLED;
 * CONFLICT, UNAVAILABLE
 */
export async function removePerson(
  deps: CoreDeps & { rooms: RoomAccess },
  by: Actor | null,
  { username, messages }: { username: string; messages: Messages },
): Promise<RemovalView> {
  if (by?.username === username) {
    throw new AppError('VALIDATION', 'You remove your own account in the settings, with your password.', { field: 'username' });
  }
  const [row] = await deps.db.$queryRaw<{ userId: string }[]>(Prisma.sql`
    with admin as (${adminAs(by, 'users.removePerson')}),
    person as (
      select u.id, u.username from users u cross join admin
      where u.username = ${username}::text and u.owner_id is null
        and not exists (select 1 from account_removals r where r.user_id = u.id)
    ),
    known as (select r.user_id from account_removals r cross join admin where r.username = ${username}::text),
    begun as (${beginRemoval(Prisma.sql`person`, { messages, askedBy: by?.userId ?? null })}),
    audited as (${auditEntries(
      {
        event: 'account.removalBegan',
        by: by ?? 'operator',
        subject: { kind: 'account', id: Prisma.sql`begun.user_id` },
        detail: Prisma.sql`jsonb_build_object('messages', begun.messages)`,
      },
      Prisma.sql`begun`,
    )})
    select user_id as "userId" from begun union all select user_id from known`);
  if (!row) throw await whyNoAccount(deps, username, by, 'users.removePerson');
  return await goOn(deps, row.userId, by ?? 'operator');
}

/**
 * Removes the actor's own account, as {@link removePerson} does.
 *
 * @param input.password none for an account without one: its person must have signed in at the provider a moment ago
 * @throws AppError INVALID_CREDENTIALS naming `password`; FRESH_SIGN_IN_NEEDED; SESSION_REVOKED, ACCOUNT_DISABLED; CONFLICT; UNAVAILABLE
 */
export async function removeOwnAccount(
  deps: CoreDeps & { hasher: PasswordHasher; rooms: RoomAccess },
  actor: Actor,
  { password, messages = 'keep' }: { password?: string | undefined; messages?: Messages },
): Promise<RemovalView> {
  const passwordHash = await provePerson(deps, actor, password, 'password');
  await deps.db.$executeRaw(Prisma.sql`
    with person as (select u.id, u.username from users u where u.id = ${actor.userId}::uuid)
    ${beginRemoval(Prisma.sql`person`, { messages, askedBy: null })}`);
  for (const { user } of await listBots(deps, actor)) await removeBot(deps, actor, user.username);
  await removeChosenMessages(deps, actor.userId);
  await endAccount(deps, actor, passwordHash);
  return (await endRemoval(deps, actor.userId))!;
}

/**
 * One step of the sweep that goes on with removals that broke off, because a process ended in the middle of one.
 *
 * @returns how many it ended
 */
export async function goOnWithRemovals(deps: CoreDeps & { rooms: RoomAccess }): Promise<SweepStep> {
  const row = await nextBrokenRemoval(deps, brokenOffMinutes);
  if (!row) return { deleted: 0, next: null };
  await goOn(deps, row.userId, row.askedBy ? { userId: row.askedBy, sessionId: null, username: null } : 'operator');
  return { deleted: 1, next: row.userId };
}

/** Does what is left of a removal that has its row, and writes what became of the account. */
async function goOn(deps: CoreDeps & { rooms: RoomAccess }, userId: string, by: AuditActor): Promise<RemovalView> {
  const actor = await openForRemoval(deps, userId);
  if (actor) {
    for (const { user } of await listBots(deps, actor)) await removeBot(deps, actor, user.username);
    await removeChosenMessages(deps, userId);
    await endAccount(deps, actor, null, null, by);
    noteSecurity(deps.log, 'account removed', { userId });
  }
  return (await endRemoval(deps, userId))!;
}

async function removeChosenMessages(deps: CoreDeps, userId: string): Promise<void> {
  const [removal] = await deps.db.$queryRaw<{ messages: Messages }[]>(Prisma.sql`
    select r.messages from account_removals r where r.user_id = ${userId}::uuid`);
  if (removal?.messages === 'remove') await removeMessagesOf(deps, userId);
}
