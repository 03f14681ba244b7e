import { maxListedCharacters, type CharacterEntry } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { Actor } from '../sessions/actor.js';
import type { CoreDeps } from '../deps.js';
import { characterEntry, characterJson, type CharacterRow } from '../protocol/character-rows.js';

/** Every character that is not deleted: the assistant first, then the actor's own, then by name; at most 500. */
export async function listCharacters(deps: Pick<CoreDeps, 'db'>, actor: Pick<Actor, 'userId'>): Promise<CharacterEntry[]> {
  const rows = await deps.db.$queryRaw<{ character: CharacterRow }[]>(Prisma.sql`
    select ${characterJson('ch')} as character from characters ch
    where ch.deleted_at is null
    order by ch.is_assistant desc, (ch.owner_id = ${actor.userId}::uuid) is true desc, lower(ch.name), ch.id
    limit ${maxListedCharacters}::int`);
  return rows.map(({ character }) => characterEntry(character, actor.userId));
}
