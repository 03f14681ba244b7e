import { randomUUID } from 'node:crypto';
import type { DurableEvent, RoomEvent } from '@parley/contracts';
import { describe, expect, test } from 'vitest';
import { leaveRoom } from '../members/leave-room.js';
import { createTestWorld, type TestUser, type TestWorld } from '../testing/index.js';
import { admitReader } from './admit-reader.js';
import { listMessages, type ListMessagesInput } from '../messages/list-messages.js';
import { loadChanges } from './load-changes.js';
import { loadHeads } from './load-heads.js';
import { eventsOn, head, send } from '../messages/testing-messages.js';

function list(world: TestWorld, input: ListMessagesInput, by: TestUser = world.owner) {
  return world.access.run(by.actor, world.room.id, 'messages.list', (room) => listMessages(world.deps, room, input));
}

async function sendMany(world: TestWorld, count: number): Promise<void> {
  for (let n = 1; n <= count; n++) await send(world, world.owner, `message ${n}`);
}

/** What a room's reads promise each other: pages, changes, heads and admissions. */
export function loadRoomSuite(kind: 'pglite' | 'postgres'): void {
  describe('listMessages', () => {
    test('gives pages of a range of seq, ascending, and says what lies beyond', async () => {
      await using world = await createTestWorld(kind);
      await sendMany(world, 10);
      const cases: [Omit<ListMessagesInput, 'limit'>, number[], boolean, boolean][] = [
        [{}, [7, 8, 9, 10], true, false],
        [{ before: 7 }, [3, 4, 5, 6], true, true],
        [{ before: 3 }, [1, 2], false, true],
        [{ before: 1 }, [], false, true],
        [{ before: 2_147_483_647 }, [7, 8, 9, 10], true, false],
        [{ after: 0 }, [1, 2, 3, 4], false, true],
        [{ after: 4 }, [5, 6, 7, 8], true, true],
        [{ after: 8 }, [9, 10], true, false],
        [{ after: 10 }, [], true, false],
        [{ after: 2_147_483_647 }, [], true, false],
        [{ around: 5 }, [3, 4, 5, 6], true, true],
        [{ around: 1 }, [1, 2, 3, 4], false, true],
        [{ around: 10 }, [7, 8, 9, 10], true, false],
        [{ around: 99 }, [7, 8, 9, 10], true, false],
      ];
      for (const [input, seqs, hasBefore, hasAfter] of cases) {
        const page = await list(world, { ...input, limit: 4 });
        expect({ input, seqs: page.items.map(({ seq }) => seq), hasBefore: page.hasBefore, hasAfter: page.hasAfter }).toEqual({
          input,
          seqs,
          hasBefore,
          hasAfter,
        });
      }
      const { rev } = await head(world);
      expect((await list(world, { limit: 100 })).rev).toBe(rev);
    });

    test('of long messages a page has fewer, those nearest to where it begins, and the pages have all', async () => {
      await using world = await createTestWorld(kind);
      await sendMany(world, 15);
      // Of 200 kB eleven: the last of them passes 2 MB.
      await world.deps.db.message.updateMany({ where: { roomId: world.room.id }, data: { content: 'x'.repeat(200 * 1024) } });
      const seqs = async (input: Omit<ListMessagesInput, 'limit'>) => {
        const { items, hasBefore, hasAfter } = await list(world, { ...input, limit: 100 });
        expect([hasBefore, hasAfter]).toEqual([items[0]!.seq > 1, items.at(-1)!.seq < 15]);
        return [items[0]!.seq, items.at(-1)!.seq, items.length];
      };
      expect(await seqs({})).toEqual([5, 15, 11]);
      expect(await seqs({ before: 5 })).toEqual([1, 4, 4]);
      expect(await seqs({ after: 0 })).toEqual([1, 11, 11]);
      expect(await seqs({ after: 11 })).toEqual([12, 15, 4]);
      expect(await seqs({ around: 8 })).toEqual([3, 13, 11]);
      expect(await seqs({ around: 14 })).toEqual([5, 15, 11]);
    });

    test('an empty room has an empty page and a position to subscribe from', async () => {
      await using world = await createTestWorld(kind);
      const { rev } = await head(world);
      for (const input of [{}, { before: 1 }, { after: 0 }, { around: 1 }]) {
        expect(await list(world, { ...input, limit: 10 })).toEqual({ items: [], hasBefore: false, hasAfter: false, rev });
      }
    });

    test('shows a message as it was told', async () => {
      await using world = await createTestWorld(kind);
      const { message, replies } = await send(world, world.owner, '/summary');
      expect((await list(world, { limit: 10 })).items).toEqual([message, ...replies]);
    });
  });

  describe('loadChanges', () => {
    test('pages of any size hold every change once, by rev, and end at the head', async () => {
      await using world = await createTestWorld(kind);
      await send(world, world.owner, 'one');
      const ben = await world.registerMember('ben');
      await send(world, ben, '/ask two?');
      await world.access.run(ben.actor, world.room.id, 'rooms.leave', (room) => leaveRoom(world.deps, room));
      const whole = await loadChanges(world.deps, world.room.id, 0, 1000);
      expect(whole.complete).toBe(true);
      expect(whole.head.rev).toBe(whole.events.at(-1)?.rev);
      expect(new Set(whole.events.map(({ type }) => type))).toEqual(new Set(['message', 'room', 'member', 'character']));
      for (const limit of [1, 2, 3, whole.events.length]) {
        const events: DurableEvent[] = [];
        for (let complete = false, after = 0; !complete;) {
          const page = await loadChanges(world.deps, world.room.id, after, limit);
          expect(page.events.length).toBeLessThanOrEqual(limit);
          expect(page.head).toEqual(whole.head);
          events.push(...page.events);
          complete = page.complete;
          after = complete ? page.head.rev : page.events.at(-1)!.rev;
        }
        expect(events).toEqual(whole.events);
      }
      expect(await loadChanges(world.deps, world.room.id, whole.head.rev, 10)).toEqual({ events: [], head: whole.head, complete: true });
    });

    test('of long messages a page has fewer, and says that there are more', async () => {
      await using world = await createTestWorld(kind);
      await sendMany(world, 13);
      await world.deps.db.message.updateMany({ where: { roomId: world.room.id }, data: { content: 'x'.repeat(200 * 1024) } });
      const first = await loadChanges(world.deps, world.room.id, 0, 100);
      const messages = first.events.flatMap((event) => (event.type === 'message' ? [event.message.seq] : []));
      expect([messages, first.complete]).toEqual([[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], false]);
      const rest = await loadChanges(world.deps, world.room.id, first.events.at(-1)!.rev, 100);
      expect(rest.events.map((event) => event.type === 'message' && event.message.seq)).toEqual([12, 13]);
      expect(rest.complete).toBe(true);
    });

    test('every event told is what the feed says of the same rev', async () => {
      await using world = await createTestWorld(kind);
      const told: RoomEvent[] = [];
      const collect = async (after: number) => {
        const fed = (await loadChanges(world.deps, world.room.id, after, 1000)).events;
        const live = eventsOn(world);
        world.bus.clear();
        expect(live).toEqual(fed);
        told.push(...(live as RoomEvent[]));
        return fed.at(-1)!.rev;
      };
      let position = (await head(world)).rev;
      const ben = await world.registerMember('ben');
      position = await collect(position);
      await send(world, ben, 'hello @tess and @ada');
      position = await collect(position);
      await world.access.run(ben.actor, world.room.id, 'rooms.leave', (room) => leaveRoom(world.deps, room));
      await collect(position);
      expect(told.map(({ type }) => type)).toEqual(['member', 'room', 'message', 'message', 'message', 'member', 'room', 'message']);
    });

    test('an unknown room is not found', async () => {
      await using world = await createTestWorld(kind);
      await expect(loadChanges(world.deps, randomUUID(), 0, 10)).rejects.toMatchObject({ code: 'ROOM_NOT_FOUND' });
    });
  });

  describe('admitReader', () => {
    test('gives the head, the membership and the replies in progress', async () => {
      await using world = await createTestWorld(kind);
      const { replies } = await send(world, world.owner, '/summary');
      const changes = await loadChanges(world.deps, world.room.id, 0, 100);
      const { userId, sessionId } = world.owner.actor;
      expect(await admitReader(world.deps, world.room.id, userId, sessionId)).toEqual({
        head: changes.head,
        member: { role: 'owner' },
        active: [{ messageId: replies[0]!.id, attempt: 0 }],
      });
    });

    test('admits nobody who is not in the room, left it, or whose session or account ended', async () => {
      await using world = await createTestWorld(kind);
      const { db } = world.deps;
      const admitted = async ({ userId, sessionId }: { userId: string; sessionId: string }) =>
        (await admitReader(world.deps, world.room.id, userId, sessionId)).member;
      const outsider = await world.register('olga');
      expect(await admitted(outsider.actor)).toBeNull();
      const [ben, cat, dan] = [await world.registerMember('ben'), await world.registerMember('cat'), await world.registerMember('dan')];
      for (const user of [ben, cat, dan]) expect(await admitted(user.actor)).toEqual({ role: 'member' });
      // Another person's session does not admit the reader.
      expect(await admitted({ userId: ben.user.id, sessionId: cat.actor.sessionId })).toBeNull();
      await world.access.run(ben.actor, world.room.id, 'rooms.leave', (room) => leaveRoom(world.deps, room));
      await db.session.update({ where: { id: cat.actor.sessionId }, data: { revokedAt: new Date() } });
      await db.user.update({ where: { id: dan.user.id }, data: { disabledAt: new Date() } });
      for (const user of [ben, cat, dan]) expect(await admitted(user.actor)).toBeNull();
      await expect(admitReader(world.deps, randomUUID(), ben.user.id, ben.actor.sessionId)).rejects.toMatchObject({
        code: 'ROOM_NOT_FOUND',
      });
    });
  });

  describe('loadHeads', () => {
    test('gives the heads of the rooms there are', async () => {
      await using world = await createTestWorld(kind);
      await send(world, world.owner, 'one');
      const { head: expected } = await loadChanges(world.deps, world.room.id, 0, 1000);
      const heads = await loadHeads(world.deps, [world.room.id, randomUUID()]);
      expect([...heads]).toEqual([[world.room.id, { rev: expected.rev, seq: 1 }]]);
      expect((await loadHeads(world.deps, [])).size).toBe(0);
    });
  });
}
