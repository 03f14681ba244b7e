import type { MessageView } from '@parley/contracts';
import { send } from '../messages/testing-messages.js';
import type { TestUser, TestWorld } from '../testing/index.js';
import { claimReply } from './claim-reply.js';
import type { ClaimedReply, ReplyWorker } from '../jobs/claimed-reply.js';
import type { ReplyEnd } from './finish-reply.js';

/** What tests of replies do all the time. */

/** Its lease outlives any test. */
export const worker: ReplyWorker = { id: 'worker-1', leaseMs: 60_000 };

/** Its lease has lapsed as soon as it has it: a worker that died. */
export const dyingWorker: ReplyWorker = { id: 'worker-dying', leaseMs: -1 };

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

/** Asks and claims. */
export async function claimed(world: TestWorld, by: TestUser = world.owner, as: ReplyWorker = worker): Promise<ClaimedReply> {
  const reply = await ask(world, by);
  const claim = await claimReply(world.deps, reply.id, as);
  if (!claim) throw new Error('a fresh reply could not be claimed');
  return claim;
}

/** Its worker dies now: the lease lapses by the database's clock. */
export async function lapse(world: TestWorld, messageId: string): Promise<void> {
  await world.deps.db
    .$executeRaw`update reply_jobs set lease_until = now() - interval '1 millisecond' where message_id = ${messageId}::uuid`;
}
