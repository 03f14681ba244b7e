import { agentModel, AppError } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import { maySql } from '../access/decision-sql.js';
import { ownerOf } from '../jobs/ai-budget.js';
import type { Actor } from '../sessions/actor.js';

/**
 * Whether the actor may serve a character `ch` as an agent, by a row `u` of `users` that is the actor's: an expression. It is for whoever
 * made the character, and for their bots. The server's own assistant, which nobody made, is for admins, who choose its model too.
 */
export function mayServe(operation: 'agents.next' | 'agents.write' | 'agents.done' | 'agents.fail'): Prisma.Sql {
  const own = Prisma.sql`(ch.owner_id = coalesce(${ownerOf(Prisma.sql`u.id`)}, u.id) or ch.owner_id is null and ch.is_assistant and u.is_admin)`;
  return maySql(operation, Prisma.sql`u.is_admin`, own);
}

export const notServed = 'Only whoever made this character, and their bots, can serve it.';

/**
 * The character of this handle, for an agent that serves it.
 *
 * @param handle in lower case, with `@` or without
 * @throws AppError CHARACTER_NOT_FOUND; FORBIDDEN if it is not the actor's; VALIDATION if a model writes its answers
 */
export async function servedCharacter({ db }: Pick<CoreDeps, 'db'>, actor: Pick<Actor, 'userId'>, handle: string): Promise<{ id: string }> {
  const [row] = await db.$queryRaw<{ id: string; serves: boolean; isAgent: boolean }[]>(Prisma.sql`
    select ch.id, ${mayServe('agents.next')} as serves, ch.model is not distinct from ${agentModel}::text as "isAgent"
    from characters ch join users u on u.id = ${actor.userId}::uuid
    where ch.handle = ${handle.replace(/^@/, '')}::text and ch.deleted_at is null`);
  if (!row) throw new AppError('CHARACTER_NOT_FOUND');
  if (!row.serves) throw new AppError('FORBIDDEN', notServed);
  if (!row.isAgent) {
    throw new AppError('VALIDATION', 'A model writes the answers of this character. Set its model to “agent” first.', { field: 'handle' });
  }
  return { id: row.id };
}
