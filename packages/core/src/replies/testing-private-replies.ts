import { randomUUID } from 'node:crypto';
import { inCall } from '@parley/bus';
import { channels, type PrivateReply } from '@parley/contracts';
import { postMessage } from '../messages/post-message.js';
import type { TestUser, TestWorld } from '../testing/index.js';
import type { ClaimedPrivateReply } from '../jobs/claimed-reply.js';
import { worker } from './testing-replies.js';
import { privateReplyJobs } from './private-reply-sink.js';
import type { Claimant } from '../jobs/job.js';

/** Steps that tests of private replies share. */

export async function askPrivately(
  world: TestWorld,
  by: TestUser = world.owner,
  content = '/summary private',
  clientId: string = randomUUID(),
): Promise<PrivateReply> {
  const posted = await world.access.run(by.actor, world.room.id, 'messages.send', (room) =>
    inCall({ correlationId: 'call-7', traceparent: null }, () => postMessage(world.deps, room, { clientId, content })),
  );
  if (!posted.privateReply) throw new Error(`"${content}" was posted`);
  return posted.privateReply;
}

/** Asks for a private reply and claims it. */
export async function claimedPrivately(world: TestWorld, by: TestUser = world.owner, as: Claimant = worker): Promise<ClaimedPrivateReply> {
  const claim = await privateReplyJobs.claim(world.deps, (await askPrivately(world, by)).id, as);
  if (!claim) throw new Error('a fresh private reply could not be claimed');
  return claim;
}

/** What one person's connections were told of the person's private replies, in order. */
export function toldTo(world: TestWorld, { user }: TestUser): PrivateReply[] {
  return world.bus
    .on(channels.user(user.id))
    .flatMap((payload) => (payload.type === 'inbox' && payload.event.type === 'privateReply' ? [payload.event.reply] : []));
}
