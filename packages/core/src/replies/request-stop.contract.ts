import { randomUUID } from 'node:crypto';
import { channels } from '@parley/contracts';
import { describe, expect, test } from 'vitest';
import { loadChanges } from '../sync/load-changes.js';
import { eventsOn, head, send } from '../messages/testing-messages.js';
import { createRoom } from '../rooms/create-room.js';
import { createTestWorld, type TestUser, type TestWorld } from '../testing/index.js';
import { requestStop } from './request-stop.js';
import { ask, claimed, complete, dyingWorker, lapse, worker } from './testing-replies.js';
import { replyJobs } from './reply-sink.js';

function stop(world: TestWorld, by: TestUser, messageId: string) {
  return world.access.runOfMessage(by.actor, messageId, 'replies.stop', (reply) => requestStop(world.deps, reply));
}

export function requestStopSuite(kind: 'pglite' | 'postgres'): void {
  describe('requestStop', () => {
    test('ends a waiting reply at once, and no worker gets it', async () => {
      await using world = await createTestWorld(kind);
      const reply = await ask(world);
      const before = await head(world);
      world.bus.clear();
      const stopped = await stop(world, world.owner, reply.id);
      expect(stopped).toMatchObject({
        id: reply.id,
        rev: before.rev + 1,
        status: 'stopped',
        content: '',
        reply: { stoppedBy: world.owner.user.id, finishedAt: expect.any(String) },
      });
      expect(eventsOn(world)).toEqual([{ type: 'message', rev: stopped.rev, message: stopped }]);
      expect((await loadChanges(world.deps, world.room.id, before.rev, 10)).events).toEqual(eventsOn(world));
      expect(await replyJobs.claim(world.deps, reply.id, worker)).toBeNull();
      expect(await stop(world, world.owner, reply.id)).toEqual(stopped);
    });

    test('tells the worker that holds it, in its row and on the bus, and leaves it the last word', async () => {
      await using world = await createTestWorld(kind);
      const claim = await claimed(world);
      const before = await head(world);
      world.bus.clear();
      expect(await stop(world, world.owner, claim.id)).toEqual(claim.message);
      expect(world.bus.published).toEqual([
        { subject: channels.replyStop(claim.id).subject, payload: { attempt: 1, stoppedBy: world.owner.user.id } },
      ]);
      expect(await head(world)).toEqual(before);
      expect(await replyJobs.renew(world.deps, claim, worker)).toEqual({ fenced: false, stopRequestedBy: world.owner.user.id });
      const end = { ...complete, status: 'stopped' as const, content: 'Tea, a' };
      const stopped = await replyJobs.end(world.deps, claim, end);
      expect(stopped).toMatchObject({ status: 'stopped', content: 'Tea, a', reply: { stoppedBy: world.owner.user.id } });
    });

    test('ends a reply whose lease lapsed, and its worker writes nothing any more', async () => {
      await using world = await createTestWorld(kind);
      const claim = await claimed(world, world.owner, dyingWorker);
      expect(await stop(world, world.owner, claim.id)).toMatchObject({ status: 'stopped', attempt: 1, content: '' });
      expect(await replyJobs.end(world.deps, claim, complete)).toBeNull();
      expect((await replyJobs.renew(world.deps, claim, worker)).fenced).toBe(true);
    });

    test('a worker that dies after it was told leaves the stop to the next attempt', async () => {
      await using world = await createTestWorld(kind);
      const claim = await claimed(world);
      await stop(world, world.owner, claim.id);
      await lapse(world, claim.id);
      expect(await replyJobs.claim(world.deps, claim.id, worker)).toMatchObject({ attempt: 2, stopRequested: true });
    });

    test('an attempt given up after the stop ends as stopped', async () => {
      await using world = await createTestWorld(kind);
      const [handed, failed] = [await claimed(world), await claimed(world)];
      for (const { id } of [handed, failed]) await stop(world, world.owner, id);
      expect(await replyJobs.handBack(world.deps, handed)).toBe('stopped');
      expect(await replyJobs.retry(world.deps, failed, 0)).toBe('stopped');
      for (const { id } of [handed, failed]) {
        expect(await stop(world, world.owner, id)).toMatchObject({
          status: 'stopped',
          error: null,
          reply: { stoppedBy: world.owner.user.id, finishedAt: expect.any(String) },
        });
      }
    });

    test('an attempt handed back after the stop keeps its text so far, and costs what it has cost', async () => {
      await using world = await createTestWorld(kind);
      const claim = await claimed(world);
      await stop(world, world.owner, claim.id);
      world.bus.clear();
      const { usage } = complete;
      expect(await replyJobs.handBack(world.deps, claim, { content: 'Tea, a', model: 'test:model', usage })).toBe('stopped');
      const [event] = eventsOn(world);
      expect(event).toMatchObject({ message: { status: 'stopped', content: 'Tea, a', reply: { model: 'test:model', usage } } });
      const spent = await world.deps.db.aiUsage.findMany();
      expect(spent.map(({ tokens }) => tokens)).toEqual([111n]);
      expect((await loadChanges(world.deps, world.room.id, 0, 100)).events.at(-1)).toEqual(event);
    });

    test('a reply that has ended is returned as it is', async () => {
      await using world = await createTestWorld(kind);
      const claim = await claimed(world);
      const end = await replyJobs.end(world.deps, claim, complete);
      world.bus.clear();
      expect(await stop(world, world.owner, claim.id)).toEqual(end);
      expect(world.bus.published).toEqual([]);
    });

    test('who asked may, and a moderator; another member may not', async () => {
      await using world = await createTestWorld(kind);
      const [ben, cat] = [await world.registerMember('ben'), await world.registerMember('cat')];
      const reply = await ask(world, ben);
      await expect(stop(world, cat, reply.id)).rejects.toMatchObject({ code: 'FORBIDDEN' });
      expect(await stop(world, world.owner, reply.id)).toMatchObject({ status: 'stopped', reply: { stoppedBy: world.owner.user.id } });
      expect(await stop(world, ben, (await ask(world, ben)).id)).toMatchObject({ reply: { stoppedBy: ben.user.id } });
    });

    test('a reply in a private room is to an outsider as one that does not exist', async () => {
      await using world = await createTestWorld(kind);
      const hidden = await createRoom(world.deps, world.owner.actor, { name: 'Hidden', topic: '', visibility: 'private' });
      const { replies } = await send(world, world.owner, '/summary', {}, hidden.id);
      const text = await send(world, world.owner, 'no reply at all', {}, hidden.id);
      const outsider = await world.register('olga');
      const refusals = await Promise.all(
        [replies[0]!.id, randomUUID(), text.message.id].map((id) => stop(world, outsider, id).catch((error: unknown) => error)),
      );
      for (const refusal of refusals) {
        expect(refusal).toMatchObject({ code: 'MESSAGE_NOT_FOUND', message: (refusals[1] as Error).message });
      }
      await expect(stop(world, world.owner, text.message.id)).rejects.toMatchObject({ code: 'MESSAGE_NOT_FOUND' });
    });
  });
}
