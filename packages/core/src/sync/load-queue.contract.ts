import { maxListedQueue } from '@parley/contracts';
import { describe, expect, test } from 'vitest';
import { send } from '../messages/testing-messages.js';
import { askPrivately } from '../replies/testing-private-replies.js';
import { ask, complete, worker } from '../replies/testing-replies.js';
import { replyJobs } from '../replies/reply-sink.js';
import { requestStop } from '../replies/request-stop.js';
import { createRoom } from '../rooms/create-room.js';
import { createTestWorld, type TestWorld } from '../testing/index.js';
import { loadQueue } from './load-queue.js';

const queueOf = (world: TestWorld) => loadQueue(world.deps, world.room.id);
const bounded = { ...worker, maxPerRoom: 1, maxPerPerson: 1 };

export function loadQueueSuite(kind: 'pglite' | 'postgres'): void {
  describe('loadQueue', () => {
    test('names what is written, then what waits, in the order in which it then has its turn: nobody stands before others with many', async () => {
      await using world = await createTestWorld(kind);
      const [ben, cy] = [await world.registerMember('ben'), await world.registerMember('cy')];
      expect(await queueOf(world)).toEqual({ replies: [], count: 0 });
      const many = [];
      for (let n = 0; n < 4; n++) many.push(await ask(world));
      const others = [await ask(world, ben), await ask(world, cy), await ask(world, ben)];
      await replyJobs.sweep(world.deps, bounded);

      const queue = await queueOf(world);
      const { id, displayName: name } = world.owner.user;
      expect(queue.count).toBe(7);
      expect(queue.replies[0]).toEqual({
        messageId: many[0]!.id,
        character: { id: many[0]!.author.id, name: 'Ada' },
        askedBy: { id, name },
        writing: true,
      });
      expect(queue.replies.filter(({ writing }) => writing)).toHaveLength(1);
      const order = queue.replies.map(({ messageId }) => messageId);
      expect(order.slice(0, 3)).toEqual([many[0]!.id, others[0]!.id, others[1]!.id]);

      // What it says is what happens.
      const claimed: string[] = [];
      let running = order[0]!;
      let attempt = 1;
      for (let n = 0; n < 3; n++) {
        await replyJobs.end(world.deps, { id: running, attempt }, complete);
        const next = (await queueOf(world)).replies[0]!;
        const claim = (await replyJobs.sweep(world.deps, bounded))!;
        expect(claim.id).toBe(next.messageId);
        claimed.push((running = claim.id));
        ({ attempt } = claim);
      }
      expect(new Set(claimed.slice(0, 2))).toEqual(new Set([others[0]!.id, others[1]!.id]));
    });

    test('tells nothing of private answers, of other rooms, of what has ended, and names only the first of many', async () => {
      await using world = await createTestWorld(kind);
      await askPrivately(world);
      const elsewhere = await createRoom(world.deps, world.owner.actor, { name: 'Other', topic: '', visibility: 'private' });
      await send(world, world.owner, '/ask why?', {}, elsewhere.id);
      const first = await ask(world);
      await world.access.runOfMessage(world.owner.actor, first.id, 'replies.stop', (reply) => requestStop(world.deps, reply));
      expect(await queueOf(world)).toEqual({ replies: [], count: 0 });
      for (let n = 0; n <= maxListedQueue; n++) await ask(world);
      const { replies, count } = await queueOf(world);
      expect([replies.length, count]).toEqual([maxListedQueue, maxListedQueue + 1]);
    });
  });
}
