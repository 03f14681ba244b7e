import { describe, expect, test } from 'vitest';
import { disableAccount } from '../accounts/disable-account.js';
import { createRoom } from '../rooms/create-room.js';
import { createTestWorld, type TestUser, type TestWorld } from '../testing/index.js';
import { send } from '../messages/testing-messages.js';
import { claimNext, claimReply, sweepReplies } from './claim-reply.js';
import type { ClaimedReply, ReplyWorker } from '../jobs/claimed-reply.js';
import { finishReply } from './finish-reply.js';
import { handBackReply } from './requeue-reply.js';
import { ask, complete, dyingWorker, lapse, worker } from './testing-replies.js';

const bounded: ReplyWorker = { ...worker, maxPerRoom: 2, maxPerPerson: 3 };

function names(claims: readonly (ClaimedReply | null)[]): string[] {
  return claims.map((claim) => claim?.askedBy.handle ?? '-');
}

async function sweepAll(world: TestWorld, by: ReplyWorker = bounded): Promise<ClaimedReply[]> {
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
      expect(first.map(({ messageId }) => messageId)).toEqual(ids.slice(0, 2));
      expect(await claimReply(world.deps, ids[2]!, bounded)).toBeNull();
      expect(await claimNext(world.deps, ids[2]!, bounded)).toBeNull();
      await finishReply(world.deps, first[0]!, complete);
      expect((await sweepAll(world)).map(({ messageId }) => messageId)).toEqual([ids[2]]);
      // Handing back frees a place too, and the reply is still before those behind it.
      await handBackReply(world.deps, first[1]!);
      expect((await claimNext(world.deps, ids[3]!, bounded))?.messageId).toBe(ids[1]);
    });

    test('a person has so many written at once, in all rooms together', async () => {
      await using world = await createTestWorld(kind);
      for (const name of ['One', 'Two', 'Three']) {
        const room = await createRoom(world.deps, world.owner.actor, { name, topic: '', visibility: 'public' });
        for (let n = 0; n < 2; n++) await send(world, world.owner, '/ask why?', {}, room.id);
      }
      const claims = await sweepAll(world);
      expect(claims).toHaveLength(3);
      await finishReply(world.deps, claims[0]!, complete);
      expect(await sweepAll(world)).toHaveLength(1);
    });

    test('ten of one person do not hold up another’s one', async () => {
      await using world = await createTestWorld(kind);
      const ben = await world.registerMember('ben');
      await askTimes(world, world.owner, 10);
      const running = await sweepAll(world);
      expect(names(running)).toEqual(['tess', 'tess']);
      const [late] = await askTimes(world, ben, 1);
      await finishReply(world.deps, running[0]!, complete);
      expect((await sweepAll(world)).map(({ messageId }) => messageId)).toEqual([late]);
    });

    test('who is served least recently goes first, also where one is written at a time', async () => {
      await using world = await createTestWorld(kind);
      const ben = await world.registerMember('ben');
      await askTimes(world, world.owner, 4);
      const own = await askTimes(world, ben, 3);
      const served: string[] = [];
      for (let n = 0; n < 7; n++) {
        // A wake-up says that there is work in the room, not whose.
        const claim = await claimNext(world.deps, own[0]!, { ...bounded, maxPerRoom: 1 });
        served.push(...names([claim]));
        await finishReply(world.deps, claim!, complete);
      }
      expect(served).toEqual(['tess', 'ben', 'tess', 'ben', 'tess', 'ben', 'tess']);
    });

    test('a wake-up takes nothing of another room, and rooms do not share places', async () => {
      await using world = await createTestWorld(kind);
      const room = await createRoom(world.deps, world.owner.actor, { name: 'Other', topic: '', visibility: 'public' });
      const { replies } = await send(world, world.owner, '/ask why?', {}, room.id);
      const here = await ask(world);
      const narrow = { ...bounded, maxPerRoom: 1 };
      expect((await claimNext(world.deps, here.id, narrow))?.messageId).toBe(here.id);
      expect(await claimNext(world.deps, here.id, narrow)).toBeNull();
      expect((await claimNext(world.deps, replies[0]!.id, narrow))?.messageId).toBe(replies[0]!.id);
    });

    test('the next attempt of a dead worker’s reply keeps its places and goes before those that wait', async () => {
      await using world = await createTestWorld(kind);
      const ids = await askTimes(world, world.owner, 3);
      const narrow = { ...bounded, maxPerRoom: 1 };
      expect((await claimReply(world.deps, ids[0]!, { ...narrow, leaseMs: 60_000 }))?.attempt).toBe(1);
      expect(await sweepAll(world, narrow)).toEqual([]);
      await lapse(world, ids[0]!);
      expect(await sweepAll(world, narrow)).toMatchObject([{ messageId: ids[0], attempt: 2, tries: 1 }]);
      expect(await sweepAll(world, narrow)).toEqual([]);
    });

    test('one that cannot be written is ended, and its place goes to the next at the same wake-up', async () => {
      await using world = await createTestWorld(kind);
      const ids = await askTimes(world, world.owner, 2);
      const narrow = { ...bounded, maxPerRoom: 1, maxTries: 1 };
      await claimReply(world.deps, ids[0]!, { ...dyingWorker, maxPerRoom: 1 });
      expect((await claimNext(world.deps, ids[1]!, narrow))?.messageId).toBe(ids[1]);
    });

    test('a reply whose question was deleted while it waited fails in plain words and asks no model', async () => {
      await using world = await createTestWorld(kind);
      const { message, replies } = await send(world, world.owner, '@ada a thing I should not have said');
      await world.deps.db.message.update({ where: { id: message.id }, data: { deletedAt: new Date(), content: '' } });
      expect(await claimReply(world.deps, replies[0]!.id, worker)).toBeNull();
      const row = await world.deps.db.message.findUniqueOrThrow({ where: { id: replies[0]!.id } });
      expect(row).toMatchObject({ status: 'failed', error: { code: 'QUESTION_DELETED' } });
    });

    test('a summary needs no text of the message that called: it is written after that was deleted, also where it was asked for by an earlier version', async () => {
      await using world = await createTestWorld(kind);
      for (const earlierVersion of [false, true]) {
        const { message, replies } = await send(world, world.owner, '/summary');
        const { id } = replies[0]!;
        if (earlierVersion)
          await world.deps.db.$executeRaw`update reply_jobs set request = request - 'standalone' where message_id = ${id}::uuid`;
        await world.deps.db.message.update({ where: { id: message.id }, data: { deletedAt: new Date(), content: '' } });
        expect((await claimReply(world.deps, id, worker))?.request.scope).toEqual({ kind: 'recent' });
      }
    });

    test('what a disabled account asked for before costs no more: it fails in plain words, while others are answered', async () => {
      await using world = await createTestWorld(kind);
      const spender = await world.registerMember('spender');
      const ids = await askTimes(world, spender, 3);
      const { id: other } = await ask(world);
      await disableAccount(world.deps, 'spender');
      expect((await sweepAll(world, bounded)).map(({ messageId }) => messageId)).toEqual([other]);
      const rows = await world.deps.db.message.findMany({ where: { id: { in: ids } } });
      expect(rows.map(({ status, error }) => [status, (error as { code: string }).code])).toEqual(ids.map(() => ['failed', 'ASKER_GONE']));
    });
  });
}
