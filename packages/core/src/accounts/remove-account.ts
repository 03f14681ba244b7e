import type { RoomAccess } from '../access/room-access.js';
import type { CoreDeps } from '../deps.js';
import type { Actor } from '../sessions/actor.js';
import type { PasswordHasher } from '../sessions/password-hasher.js';
import { listBots, removeBot } from './bots.js';
import { endAccount } from './end-account.js';
import { provePerson } from './prove-person.js';

/**
 * Ends the actor's account for good, and its bots before it. A call that broke off can be repeated.
 *
 * @param input.password none for an account without one: its person must have signed in at the provider a moment ago
 * @throws AppError INVALID_CREDENTIALS naming `password`; FRESH_SIGN_IN_NEEDED; SESSION_REVOKED, ACCOUNT_DISABLED; CONFLICT; UNAVAILABLE
 */
export async function removeAccount(
  deps: CoreDeps & { hasher: PasswordHasher; rooms: RoomAccess },
  actor: Actor,
  { password }: { password?: string | undefined },
): Promise<void> {
  const passwordHash = await provePerson(deps, actor, password, 'password');
  for (const { user } of await listBots(deps, actor)) await removeBot(deps, actor, user.username);
  await endAccount(deps, actor, passwordHash);
}
