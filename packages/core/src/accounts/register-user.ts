import type { CoreDeps } from '../deps.js';
import type { AccessTokens } from '../sessions/access-tokens.js';
import type { Actor } from '../sessions/actor.js';
import { createAccount, type Door, type RegisterInput } from './create-account.js';
import type { SignedIn } from '../sessions/signed-in.js';
import type { PasswordHasher } from '../sessions/password-hasher.js';
import { enterInvited, join } from '../members/join-room.js';
import { lobbyId } from '../rooms/lobby.js';

/**
 * Makes an account, signs it in and puts it in the Lobby, the rooms that the door names for newcomers and those of its invitation. If it
 * cannot enter one (the database went away in between, or the room is closed by now), the person is registered all the same.
 *
 * @throws AppError REGISTRATION_CLOSED, INVITE_REQUIRED, VALIDATION, USERNAME_TAKEN, UNAVAILABLE
 */
export async function registerUser(
  deps: CoreDeps & { hasher: PasswordHasher; tokens: AccessTokens },
  input: RegisterInput,
  door: Door,
): Promise<SignedIn> {
  const { invitedTo, invitedBy, ...account } = await createAccount(deps, input, door);
  for (const roomId of new Set([lobbyId, ...(door.newcomerRooms ?? []), ...invitedTo])) {
    try {
      const actor: Actor = await deps.tokens.verify(account.accessToken);
      await (invitedTo.includes(roomId) ? enterInvited(deps, actor, { roomId, invitedBy }) : join(deps, actor, roomId));
    } catch (error) {
      const where = roomId === lobbyId ? 'the Lobby' : 'a room for newcomers';
      deps.log.warn({ err: error, userId: account.user.id, roomId }, `a new account could not enter ${where}`);
    }
  }
  return account;
}
