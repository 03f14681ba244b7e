import { isInProgress } from '@parley/contracts';
import { describe, expect, test } from 'vitest';
import { loadChanges } from '../sync/load-changes.js';
import { eventsOn } from '../messages/testing-messages.js';
import { createTestWorld, type TestWorld } from '../testing/index.js';
import { requestStop } from './request-stop.js';
import { ask, claimed, complete, lapse, sweepReplies, worker } from './testing-replies.js';
import { replyJobs } from './reply-sink.js';

/** The events with an end of this reply that the room was told. */
function endsTold(world: TestWorld, messageId: string) {
  return eventsOn(world).flatMap((event) =>
    'type' in event && event.type === 'message' && event.message.id === messageId && !isInProgress(event.message.status)
      ? [event.message]
      : [],
  );
}

async function stored(world: TestWorld, messageId: string) {
  const { events } = await loadChanges(world.deps, world.room.id, 0, 10_000);
  return events.flatMap((event) => (event.type === 'message' && event.message.id === messageId ? [event.message] : []))[0]!;
}

/** What only a database that runs statements side by side can show. */
describe('replies, concurrently', () => {
  test('of many workers that claim one reply, one gets it', async () => {
    await using world = await createTestWorld('postgres');
    for (let n = 0; n < 10; n++) {
      const { id } = await ask(world);
      const claims = await Promise.all(
        Array.from({ length: 8 }, (_, k) => replyJobs.claim(world.deps, id, { id: `worker-${k}`, leaseMs: 60_000 })),
      );
      expect(claims.filter((claim) => claim !== null)).toMatchObject([{ attempt: 1 }]);
    }
  });

  test('sweeps and wake-ups at once claim every reply exactly once', async () => {
    await using world = await createTestWorld('postgres');
    const replies = [];
    for (let n = 0; n < 24; n++) replies.push(await ask(world));
    const claims = await Promise.all([
      ...Array.from({ length: 4 }, (_, k) => sweepReplies(world.deps, { id: `sweeper-${k}`, leaseMs: 60_000 }, { limit: 24 })),
      ...replies.slice(0, 8).map(({ id }) => replyJobs.claim(world.deps, id, worker)),
    ]);
    const ids = claims.flat().flatMap((claim) => (claim ? [claim.id] : []));
    expect(ids.toSorted()).toEqual(replies.map(({ id }) => id).toSorted());
  });

  test('a lapsed lease wanted by many, its own worker among them, has one heir', async () => {
    await using world = await createTestWorld('postgres');
    for (let n = 0; n < 15; n++) {
      const claim = await claimed(world);
      await lapse(world, claim.id);
      const [renewed, first, second] = await Promise.all([
        replyJobs.renew(world.deps, claim, worker),
        replyJobs.claim(world.deps, claim.id, worker),
        replyJobs.claim(world.deps, claim.id, worker),
      ]);
      expect([!renewed.fenced, first !== null, second !== null].filter(Boolean)).toHaveLength(1);
    }
  });

  test('a stop racing the end: exactly one end, in the room and in the row', async () => {
    await using world = await createTestWorld('postgres');
    for (let n = 0; n < 50; n++) {
      const claim = await claimed(world);
      const live = n % 2 === 0;
      if (!live) await lapse(world, claim.id);
      const calls = [
        () => replyJobs.end(world.deps, claim, complete),
        () => world.access.runOfMessage(world.owner.actor, claim.id, 'replies.stop', (reply) => requestStop(world.deps, reply)),
      ];
      // Send the calls in either order.
      const results = await Promise.all((n % 4 < 2 ? calls : calls.toReversed()).map((call) => call()));
      const end = await stored(world, claim.id);
      expect(endsTold(world, claim.id)).toEqual([end]);
      // A worker with a live lease has the last word. If its lease lapsed, either may have it.
      expect(live ? ['complete'] : ['complete', 'stopped']).toContain(end.status);
      const ends = results.filter((result) => result && !isInProgress(result.status));
      expect(ends).toEqual(ends.map(() => end));
    }
  });

  test('a stop racing a claim: either it never starts, or its worker is told', async () => {
    await using world = await createTestWorld('postgres');
    for (let n = 0; n < 30; n++) {
      const { id } = await ask(world);
      const [claim, answer] = await Promise.all([
        replyJobs.claim(world.deps, id, worker),
        world.access.runOfMessage(world.owner.actor, id, 'replies.stop', (reply) => requestStop(world.deps, reply)),
      ]);
      expect(answer).toMatchObject(claim ? { status: 'streaming', attempt: 1 } : { status: 'stopped', attempt: 0 });
      if (claim) {
        const { stopRequestedBy } = await replyJobs.renew(world.deps, claim, worker);
        await replyJobs.end(world.deps, claim, { ...complete, status: 'stopped', stoppedBy: stopRequestedBy });
      }
      expect(endsTold(world, id)).toHaveLength(1);
      expect(await stored(world, id)).toMatchObject({ status: 'stopped', reply: { stoppedBy: world.owner.user.id } });
    }
  });

  test('many replies to one person ending at once count every token and do not wait for each other in a ring', async () => {
    await using world = await createTestWorld('postgres');
    const claims = [];
    for (let n = 0; n < 30; n++) claims.push(await claimed(world));
    const ends = await Promise.all(
      claims.map((claim, n) => (n % 5 === 4 ? replyJobs.handBack(world.deps, claim) : replyJobs.end(world.deps, claim, complete))),
    );
    expect(ends.every((end) => end !== null && end !== 'fenced')).toBe(true);
    expect(await world.deps.db.aiUsage.findMany()).toMatchObject([{ tokens: 24n * 111n }]);
  });
});
