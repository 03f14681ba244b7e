import { describe, expect, test } from 'vitest';
import { disableAccount } from '../accounts/disable-account.js';
import { createRoom } from '../rooms/create-room.js';
import { createTestWorld, type TestUser, type TestWorld } from '../testing/index.js';
import { send } from '../messages/testing-messages.js';
import type { ClaimedReply } from '../jobs/claimed-reply.js';
import { ask, complete, dyingWorker, lapse, sweepReplies, worker } from './testing-replies.js';
import { replyJobs } from './reply-sink.js';
import type { Claimant } from '../jobs/job.js';

const bounded: Claimant = { ...worker, maxPerRoom: 2, maxPerPerson: 3 };

function names(claims: readonly (ClaimedReply | null)[]): string[] {
  return claims.map((claim) => claim?.askedBy.handle ?? '-');
}

async function sweepAll(world: TestWorld, by: Claimant = bounded): Promise<ClaimedReply[]> {
  return sweepReplies(world.deps, by, { limit: 100 });
}

async function askTimes(world: TestWorld, by: TestUser, times: number): Promise<string[]> {
  const ids: string[] = [];
  for (let n = 0; n < times; n++) ids.push((await ask(world, by)).id);
  return ids;
}

export function replyTurnsSuite(kind: 'pglite' | 'postgres'): void {
  describe('turns of replies', () => {
    test('a room has so many written at once, and an end lets the next begin, in the order they stand in the room', async () => {
      await using world = await createTestWorld(kind);
      const ids = await askTimes(world, world.owner, 4);
      const first = await sweepAll(world);
      expect(first.map(({ id }) => id)).toEqual(ids.slice(0, 2));
      expect(await replyJobs.claim(world.deps, ids[2]!, bounded)).toBeNull();
      expect(await replyJobs.claimNext(world.deps, ids[2]!, bounded)).toBeNull();
      await replyJobs.end(world.deps, first[0]!, complete);
      expect((await sweepAll(world)).map(({ id }) => id)).toEqual([ids[2]]);
      // Handing back frees a place too, and the reply keeps its turn before the later ones.
      await replyJobs.handBack(world.deps, first[1]!);
      expect((await replyJobs.claimNext(world.deps, ids[3]!, bounded))?.id).toBe(ids[1]);
    });

    test('a person has so many written at once, in all rooms together', async () => {
      await using world = await createTestWorld(kind);
      for (const name of ['One', 'Two', 'Three']) {
        const room = await createRoom(world.deps, world.owner.actor, { name, topic: '', visibility: 'public' });
        for (let n = 0; n < 2; n++) await send(world, world.owner, '/ask why?', {}, room.id);
      }
      const claims = await sweepAll(world);
      expect(claims).toHaveLength(3);
      await replyJobs.end(world.deps, claims[0]!, complete);
      expect(await sweepAll(world)).toHaveLength(1);
    });

    test('ten of one person do not hold up another’s one', async () => {
      await using world = await createTestWorld(kind);
      const ben = await world.registerMember('ben');
      await askTimes(world, world.owner, 10);
      const running = await sweepAll(world);
      expect(names(running)).toEqual(['tess', 'tess']);
      const [late] = await askTimes(world, ben, 1);
      await replyJobs.end(world.deps, running[0]!, complete);
      expect((await sweepAll(world)).map(({ id }) => id)).toEqual([late]);
    });

    test('who is served least recently goes first, also where one is written at a time', async () => {
      await using world = await createTestWorld(kind);
      const ben = await world.registerMember('ben');
      await askTimes(world, world.owner, 4);
      const own = await askTimes(world, ben, 3);
      const served: string[] = [];
      for (let n = 0; n < 7; n++) {
        // A wake-up says that the room has work, but not whose turn it is.
        const claim = await replyJobs.claimNext(world.deps, own[0]!, { ...bounded, maxPerRoom: 1 });
        served.push(...names([claim]));
        await replyJobs.end(world.deps, claim!, complete);
      }
      expect(served).toEqual(['tess', 'ben', 'tess', 'ben', 'tess', 'ben', 'tess']);
    });

    test('a wake-up takes nothing of another room, and rooms do not share places', async () => {
      await using world = await createTestWorld(kind);
      const room = await createRoom(world.deps, world.owner.actor, { name: 'Other', topic: '', visibility: 'public' });
      const { replies } = await send(world, world.owner, '/ask why?', {}, room.id);
      const here = await ask(world);
      const narrow = { ...bounded, maxPerRoom: 1 };
      expect((await replyJobs.claimNext(world.deps, here.id, narrow))?.id).toBe(here.id);
      expect(await replyJobs.claimNext(world.deps, here.id, narrow)).toBeNull();
      expect((await replyJobs.claimNext(world.deps, replies[0]!.id, narrow))?.id).toBe(replies[0]!.id);
    });

    test('the next attempt of a dead worker’s reply keeps its places and goes before those that wait', async () => {
      await using world = await createTestWorld(kind);
      const ids = await askTimes(world, world.owner, 3);
      const narrow = { ...bounded, maxPerRoom: 1 };
      expect((await replyJobs.claim(world.deps, ids[0]!, { ...narrow, leaseMs: 60_000 }))?.attempt).toBe(1);
      expect(await sweepAll(world, narrow)).toEqual([]);
      await lapse(world, ids[0]!);
      expect(await sweepAll(world, narrow)).toMatchObject([{ id: ids[0], attempt: 2, tries: 1 }]);
      expect(await sweepAll(world, narrow)).toEqual([]);
    });

    test('one that cannot be written is ended, and its place goes to the next at the same wake-up', async () => {
      await using world = await createTestWorld(kind);
      const ids = await askTimes(world, world.owner, 2);
      const narrow = { ...bounded, maxPerRoom: 1, maxTries: 1 };
      await replyJobs.claim(world.deps, ids[0]!, { ...dyingWorker, maxPerRoom: 1 });
      expect((await replyJobs.claimNext(world.deps, ids[1]!, narrow))?.id).toBe(ids[1]);
    });

    test('a reply whose question was deleted while it waited fails in plain words and asks no model', async () => {
      await using world = await createTestWorld(kind);
      const { message, replies } = await send(world, world.owner, '@ada a thing I should not have said');
      await world.deps.db.message.update({ where: { id: message.id }, data: { deletedAt: new Date(), content: '' } });
      expect(await replyJobs.claim(world.deps, replies[0]!.id, worker)).toBeNull();
      const row = await world.deps.db.message.findUniqueOrThrow({ where: { id: replies[0]!.id } });
      expect(row).toMatchObject({ status: 'failed', error: { code: 'QUESTION_DELETED' } });
    });

    test('a summary needs no text of the message that called: it is written after that was deleted, also where it was asked for by an earlier version', async () => {
      await using world = await createTestWorld(kind);
      for (const earlierVersion of [false, true]) {
        const { message, replies } = await send(world, world.owner, '/summary');
        const { id } = replies[0]!;
        if (earlierVersion) await world.deps.db.$executeRaw`update jobs set request = request - 'standalone' where id = ${id}::uuid`;
        await world.deps.db.message.update({ where: { id: message.id }, data: { deletedAt: new Date(), content: '' } });
        expect((await replyJobs.claim(world.deps, id, worker))?.request.scope).toEqual({ kind: 'recent' });
      }
    });

    test('what a disabled account asked for before costs no more: it fails in plain words, while others are answered', async () => {
      await using world = await createTestWorld(kind);
      const spender = await world.registerMember('spender');
      const ids = await askTimes(world, spender, 3);
      const { id: other } = await ask(world);
      await disableAccount(world.deps, null, { username: 'spender' });
      expect((await sweepAll(world, bounded)).map(({ id }) => id)).toEqual([other]);
      const rows = await world.deps.db.message.findMany({ where: { id: { in: ids } } });
      expect(rows.map(({ status, error }) => [status, (error as { code: string }).code])).toEqual(ids.map(() => ['failed', 'ASKER_GONE']));
    });
  });
}
