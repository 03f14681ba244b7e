import type { CoreDeps } from '../deps.js';
import { giveUpJob, lookAtJob, type AwaitedState } from '../jobs/awaited-job.js';
import type { Actor } from '../sessions/actor.js';
import { completionKind, type CompletionResult } from './completion.js';

/** How a completion stands; one that has ended is given once. */
export function lookAtCompletion(deps: Pick<CoreDeps, 'db'>, _actor: Actor, id: string): Promise<AwaitedState<CompletionResult>> {
  return lookAtJob(deps, completionKind, id);
}

/** Gives up a completion that nobody waits for any more. */
export function giveUpCompletion(deps: Pick<CoreDeps, 'db' | 'bus'>, actor: Pick<Actor, 'userId'>, id: string): Promise<void> {
  return giveUpJob(deps, completionKind, id, actor.userId);
}
