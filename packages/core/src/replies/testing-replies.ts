import type { MessageView } from '@parley/contracts';
import { send } from '../messages/testing-messages.js';
import type { CoreDeps } from '../deps.js';
import type { TestUser, TestWorld } from '../testing/index.js';
import type { ClaimedReply } from '../jobs/claimed-reply.js';
import { replyJobs, type ReplyEnd } from './reply-sink.js';
import type { Claimant } from '../jobs/job.js';

/** Steps that tests of replies share. */

/** A worker whose lease outlives any test. */
export const worker: Claimant = { id: 'worker-1', leaseMs: 60_000 };

/** A worker that died: its lease has lapsed as soon as it claims. */
export const dyingWorker: Claimant = { id: 'worker-dying', leaseMs: -1 };

export const complete: ReplyEnd = {
  status: 'complete',
  content: 'Tea, at four.',
  model: 'test:model',
  usage: { inputTokens: 100, outputTokens: 11 },
  error: null,
  stoppedBy: null,
};

export async function ask(world: TestWorld, by: TestUser = world.owner, question = '/ask when is tea?'): Promise<MessageView> {
  const { replies } = await send(world, by, question);
  return replies[0]!;
}

/** Asks for a reply and claims it. */
export async function claimed(world: TestWorld, by: TestUser = world.owner, as: Claimant = worker): Promise<ClaimedReply> {
  const reply = await ask(world, by);
  const claim = await replyJobs.claim(world.deps, reply.id, as);
  if (!claim) throw new Error('a fresh reply could not be claimed');
  return claim;
}

/** Makes the worker of a job die: the lease lapses now, by the database's clock. */
export async function lapse(world: TestWorld, id: string): Promise<void> {
  await world.deps.db.$executeRaw`update jobs set lease_until = now() - interval '1 millisecond' where id = ${id}::uuid`;
}

/** Claims replies one after the other, at most `limit`. */
export async function sweepReplies(deps: CoreDeps, claimant: Claimant, { limit }: { limit: number }): Promise<ClaimedReply[]> {
  return sweepAll(replyJobs, deps, claimant, limit);
}

export async function sweepAll<Claim>(
  life: { sweep(deps: CoreDeps, claimant: Claimant): Promise<Claim | null> },
  deps: CoreDeps,
  claimant: Claimant,
  limit: number,
): Promise<Claim[]> {
  const claims: Claim[] = [];
  while (claims.length < limit) {
    const claim = await life.sweep(deps, claimant);
    if (!claim) break;
    claims.push(claim);
  }
  return claims;
}
