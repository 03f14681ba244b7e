import { maxListedCharacters, type ModelView } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import { toIso, type Instant } from '../protocol/instant.js';
import type { Actor } from '../sessions/actor.js';
import { answeredOutside } from '../protocol/answered-outside.js';

/** The characters that can be called as models: the assistant first, then the actor's own, then by name; at most 500. */
export async function listModels({ db }: Pick<CoreDeps, 'db'>, actor: Pick<Actor, 'userId'>): Promise<ModelView[]> {
  const rows = await db.$queryRaw<{ model: string; createdAt: Instant }[]>(Prisma.sql`
    select ch.handle as model, ch.created_at as "createdAt" from characters ch
    where ch.deleted_at is null and not ${answeredOutside('ch')}
    order by ch.is_assistant desc, (ch.owner_id = ${actor.userId}::uuid) is true desc, lower(ch.name), ch.id
    limit ${maxListedCharacters}::int`);
  return rows.map(({ model, createdAt }) => ({ model, createdAt: toIso(createdAt) }));
}
