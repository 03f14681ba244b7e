import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import { heldPerson, heldRoom } from '../holds/hold-statements.js';
import { firstId, type SweepStep } from '../protocol/sweep-step.js';

/** Copies that one step deletes at most. */
const stepCopies = 500;

/** One step of the sweep that deletes what was set aside for legal holds of which none stands any more. */
export async function deleteUnheldCopies({ db }: Pick<CoreDeps, 'db'>): Promise<SweepStep> {
  const deleted = await db.$executeRaw(Prisma.sql`
    with picked as (
      select c.id from held_copies c
      where not ${heldRoom(Prisma.sql`c.room_id`)} and not ${heldPerson(Prisma.sql`c.user_id`)}
      limit ${stepCopies}::int for update of c skip locked
    )
    delete from held_copies c using picked where c.id = picked.id`);
  return { deleted, next: deleted === stepCopies ? firstId : null };
}
