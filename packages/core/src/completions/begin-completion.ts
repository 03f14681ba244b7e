import { AppError } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import { wakeUpOf } from '../jobs/job.js';
import { insertJobs } from '../jobs/job-statements.js';
import { activeActor } from '../sessions/active-actor.js';
import type { Actor } from '../sessions/actor.js';
import { refuseInactive } from '../sessions/load-actor.js';
import { completionKind, type CompletionRequest } from './completion.js';
import { findModel } from './find-model.js';

export interface BeginCompletionInput {
  /** Of the job, made by the caller, who listens to it before the job is there. */
  id: string;
  /** A character's handle. */
  model: string;
  request: CompletionRequest;
}

/**
 * Has a worker write what a character says to messages that the actor gives.
 *
 * @returns the character's handle
 * @throws AppError CHARACTER_NOT_FOUND, VALIDATION for a character that another program answers for; SESSION_REVOKED, ACCOUNT_DISABLED
 */
export async function beginCompletion(deps: CoreDeps, actor: Actor, { id, model, request }: BeginCompletionInput): Promise<string> {
  const character = await findModel(deps, actor, model);
  const [row] = await deps.db.$queryRaw<{ active: boolean; begun: boolean }[]>(Prisma.sql`
    with actor as (${activeActor(actor)}),
    ch as (select c.id from characters c where c.id = ${character.id}::uuid and c.deleted_at is null),
    begun as (${insertJobs(
      {
        kind: completionKind,
        id: Prisma.sql`${id}::uuid`,
        room: Prisma.sql`null::uuid`,
        character: Prisma.sql`ch.id`,
        askedBy: Prisma.sql`actor.id`,
        request: Prisma.sql`${JSON.stringify(request)}::jsonb`,
      },
      Prisma.sql`actor cross join ch`,
    )})
    select exists (select 1 from actor) as active, exists (select 1 from begun) as begun`);
  if (!row?.active) return await refuseInactive(deps, actor);
  if (!row.begun) throw new AppError('CHARACTER_NOT_FOUND');
  // If the wake-up is lost, the sweep finds the job.
  void deps.bus.jobs.enqueue(wakeUpOf(completionKind, id));
  return character.model;
}
