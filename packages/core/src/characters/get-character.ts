import { AppError, type CharacterDetails } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { Actor } from '../sessions/actor.js';
import type { CoreDeps } from '../deps.js';
import { characterDetails, characterJson, type CharacterRow } from '../protocol/character-rows.js';

/** One character, with its settings for whoever may change them. @throws AppError CHARACTER_NOT_FOUND, also for a deleted one */
export async function getCharacter(
  deps: Pick<CoreDeps, 'db'>,
  actor: Pick<Actor, 'userId'>,
  characterId: string,
): Promise<CharacterDetails> {
  const [row] = await deps.db.$queryRaw<{ character: CharacterRow; isAdmin: boolean }[]>(Prisma.sql`
    select ${characterJson('ch')} as character, u.is_admin as "isAdmin"
    from characters ch join users u on u.id = ${actor.userId}::uuid
    where ch.id = ${characterId}::uuid and ch.deleted_at is null`);
  if (!row) throw new AppError('CHARACTER_NOT_FOUND');
  return characterDetails(row.character, { userId: actor.userId, role: row.isAdmin ? 'admin' : 'user' });
}
