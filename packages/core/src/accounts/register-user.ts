import type { CoreDeps } from '../deps.js';
import type { AccessTokens } from '../sessions/access-tokens.js';
import type { Actor } from '../sessions/actor.js';
import { createAccount, type Door, type RegisterInput } from './create-account.js';
import type { SignedIn } from '../sessions/signed-in.js';
import type { PasswordHasher } from '../sessions/password-hasher.js';
import { join } from '../members/join-room.js';
import { lobbyId } from '../rooms/lobby.js';

/**
 * Makes an account, signs it in and puts it in the Lobby and the rooms that the door names for newcomers. If the account cannot enter one (the
 * database went away in between, or the room is public no more), the person is registered all the same.
 *
 * @throws AppError REGISTRATION_CLOSED, INVITE_REQUIRED, VALIDATION, USERNAME_TAKEN, UNAVAILABLE
 */
export async function registerUser(
  deps: CoreDeps & { hasher: PasswordHasher; tokens: AccessTokens },
  input: RegisterInput,
  door: Door,
): Promise<SignedIn> {
  const account = await createAccount(deps, input, door);
  for (const roomId of new Set([lobbyId, ...(door.newcomerRooms ?? [])])) {
    try {
      const actor: Actor = await deps.tokens.verify(account.accessToken);
      await join(deps, actor, roomId);
    } catch (error) {
      const where = roomId === lobbyId ? 'the Lobby' : 'a room for newcomers';
      deps.log.warn({ err: error, userId: account.user.id, roomId }, `a new account could not enter ${where}`);
    }
  }
  return account;
}
