import { AppError, type ModelView } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import { toIso, type Instant } from '../protocol/instant.js';
import type { Actor } from '../sessions/actor.js';
import { answeredOutside } from '../protocol/answered-outside.js';

/**
 * A character that can be called as a model, by its handle, in whatever case.
 *
 * @throws AppError CHARACTER_NOT_FOUND, VALIDATION for a character that another program answers for
 */
export async function findModel({ db }: Pick<CoreDeps, 'db'>, _actor: Actor, model: string): Promise<ModelView & { id: string }> {
  const [row] = await db.$queryRaw<{ id: string; handle: string; createdAt: Instant; outside: boolean }[]>(Prisma.sql`
    select ch.id, ch.handle, ch.created_at as "createdAt", ${answeredOutside('ch')} as outside
    from characters ch where ch.handle = ${model.toLowerCase().replace(/^@/, '')} and ch.deleted_at is null`);
  if (!row) throw new AppError('CHARACTER_NOT_FOUND', undefined, { field: 'model' });
  if (row.outside) {
    throw new AppError('VALIDATION', 'model: another program answers for this character, so it can be called in rooms only.', {
      field: 'model',
    });
  }
  return { id: row.id, model: row.handle, createdAt: toIso(row.createdAt) };
}
