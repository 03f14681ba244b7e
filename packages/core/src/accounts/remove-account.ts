import type { RoomAccess } from '../access/room-access.js';
import type { CoreDeps } from '../deps.js';
import type { Actor } from '../sessions/actor.js';
import type { PasswordHasher } from '../sessions/password-hasher.js';
import { listBots, removeBot } from './bots.js';
import { checkPassword } from './check-password.js';
import { endAccount } from './end-account.js';

/**
 * Ends the actor's account for good, and its bots before it. A call that broke off can be repeated.
 *
 * @throws AppError INVALID_CREDENTIALS naming `password`; SESSION_REVOKED, ACCOUNT_DISABLED; CONFLICT; UNAVAILABLE
 */
export async function removeAccount(
  deps: CoreDeps & { hasher: PasswordHasher; rooms: RoomAccess },
  actor: Actor,
  { password }: { password: string },
): Promise<void> {
  const passwordHash = await checkPassword(deps, actor, password, 'password');
  for (const { user } of await listBots(deps, actor)) await removeBot(deps, actor, user.username);
  await endAccount(deps, actor, passwordHash);
}
