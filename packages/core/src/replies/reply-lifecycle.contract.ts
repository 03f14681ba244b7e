import { inCall, type Call } from '@parley/bus';
import { channels, type MessageView } from '@parley/contracts';
import { describe, expect, test } from 'vitest';
import { loadChanges } from '../sync/load-changes.js';
import { eventsOn, head, send } from '../messages/testing-messages.js';
import { createTestWorld, type TestWorld } from '../testing/index.js';
import { ask, claimed, complete, dyingWorker, lapse, sweepReplies, worker } from './testing-replies.js';
import { replyJobs } from './reply-sink.js';

async function stored(world: TestWorld, messageId: string): Promise<MessageView> {
  const { events } = await loadChanges(world.deps, world.room.id, 0, 1000);
  for (const event of events) if (event.type === 'message' && event.message.id === messageId) return event.message;
  throw new Error('no such message');
}

function job(world: TestWorld, messageId: string) {
  return world.deps.db.job.findUniqueOrThrow({ where: { id: messageId } });
}

/** Expects that the room was told of this one message and of nothing else. */
async function expectTold(world: TestWorld, before: { rev: number }, message: MessageView): Promise<void> {
  expect(message.rev).toBe(before.rev + 1);
  expect(eventsOn(world)).toEqual([{ type: 'message', rev: message.rev, message }]);
  expect(world.bus.on(channels.roomHead(world.room.id))).toEqual([await head(world)]);
  expect((await loadChanges(world.deps, world.room.id, before.rev, 10)).events).toEqual(eventsOn(world));
}

const call: Call = {
  correlationId: 'call-3',
  traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
};

export function replyLifecycleSuite(kind: 'pglite' | 'postgres'): void {
  describe('a claim', () => {
    test('takes the next attempt, tells the room, and knows all a prompt needs', async () => {
      await using world = await createTestWorld(kind);
      const reply = (await inCall(call, () => send(world, world.owner, '/summary 5'))).replies[0]!;
      const before = await head(world);
      world.bus.clear();
      const claim = (await replyJobs.claim(world.deps, reply.id, worker))!;
      expect(world.bus.publishedFor, 'the worker works for whoever asked').toEqual([call, call]);
      expect(claim).toMatchObject({
        id: reply.id,
        roomId: world.room.id,
        character: { id: reply.author.id, name: 'Ada', handle: 'ada', model: null, joinedSeq: 0 },
        askedBy: { id: world.owner.user.id, name: 'tess', handle: 'tess', avatar: world.owner.user.avatar },
        request: { trigger: { kind: 'summary' }, question: null, scope: { kind: 'last', count: 5 } },
        attempt: 1,
        tries: 0,
        call,
        stopRequested: false,
      });
      expect(claim.message).toEqual({
        ...reply,
        rev: before.rev + 1,
        status: 'streaming',
        attempt: 1,
        reply: { ...reply.reply, startedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) },
      });
      await expectTold(world, before, claim.message);
    });

    test('one that is held, or done, or unknown, is not to be had', async () => {
      await using world = await createTestWorld(kind);
      const claim = await claimed(world);
      expect(await replyJobs.claim(world.deps, claim.id, { id: 'worker-2', leaseMs: 1000 })).toBeNull();
      await replyJobs.end(world.deps, claim, complete);
      await lapse(world, claim.id);
      expect(await replyJobs.claim(world.deps, claim.id, worker)).toBeNull();
      expect(await replyJobs.claim(world.deps, world.room.id, worker)).toBeNull();
    });

    test('a lapsed lease gives the next attempt to another', async () => {
      await using world = await createTestWorld(kind);
      const first = await claimed(world, world.owner, dyingWorker);
      const second = (await replyJobs.claim(world.deps, first.id, worker))!;
      expect(second).toMatchObject({ attempt: 2, tries: 1, message: { status: 'streaming', attempt: 2, content: '' } });
      expect((await replyJobs.end(world.deps, second, complete))?.content).toBe(complete.content);
    });

    test('a reply whose workers keep dying fails in the room', async () => {
      await using world = await createTestWorld(kind);
      const { id: messageId } = await claimed(world, world.owner, dyingWorker);
      expect(await replyJobs.claim(world.deps, messageId, { ...dyingWorker, maxTries: 2 })).toMatchObject({ attempt: 2 });
      expect(await replyJobs.claim(world.deps, messageId, { ...dyingWorker, maxTries: 2 })).toBeNull();
      expect(await stored(world, messageId)).toMatchObject({ status: 'failed', error: { code: 'TRIES_EXHAUSTED' } });
    });

    test('a character that left, or was deleted, fails the reply instead of going round', async () => {
      await using world = await createTestWorld(kind);
      const { db } = world.deps;
      const [left, deleted] = [await ask(world), await ask(world)];
      const where = { roomId_characterId: { roomId: world.room.id, characterId: left.author.id! } };
      const { rev } = await db.roomCharacter.findUniqueOrThrow({ where });
      await db.roomCharacter.update({ where, data: { leftRev: rev } });
      expect(await replyJobs.claim(world.deps, left.id, worker)).toBeNull();
      await db.roomCharacter.update({ where, data: { leftRev: null } });
      await db.character.update({ where: { id: left.author.id! }, data: { deletedAt: new Date() } });
      expect(await replyJobs.claim(world.deps, deleted.id, worker)).toBeNull();
      for (const { id } of [left, deleted]) {
        expect(await stored(world, id)).toMatchObject({ status: 'failed', attempt: 1, error: { code: 'CHARACTER_GONE' } });
        expect(await job(world, id)).toMatchObject({ state: 'done' });
      }
    });
  });

  describe('sweepReplies', () => {
    test('claims what nobody was woken for, the longest waiting first', async () => {
      await using world = await createTestWorld(kind);
      const waiting = [await ask(world), await ask(world), await ask(world)];
      await world.deps.db.job.update({ where: { id: waiting[1]!.id }, data: { availableAt: new Date(Date.now() - 60_000) } });
      const claims = await sweepReplies(world.deps, worker, { limit: 2 });
      expect(claims.map(({ id }) => id)).toEqual([waiting[1]!.id, waiting[0]!.id]);
      expect((await sweepReplies(world.deps, worker, { limit: 5 })).map(({ id }) => id)).toEqual([waiting[2]!.id]);
      expect(await sweepReplies(world.deps, worker, { limit: 5 })).toEqual([]);
    });

    test('finds lapsed leases, leaves live ones and those due later', async () => {
      await using world = await createTestWorld(kind);
      const [lapsed, live, later] = [await claimed(world), await claimed(world), await claimed(world)];
      await lapse(world, lapsed.id);
      await replyJobs.retry(world.deps, later, 60_000);
      const claims = await sweepReplies(world.deps, worker, { limit: 5 });
      expect(claims.map(({ id, attempt }) => ({ id, attempt }))).toEqual([{ id: lapsed.id, attempt: 2 }]);
      expect(await replyJobs.claim(world.deps, later.id, worker)).toBeNull();
      expect((await replyJobs.renew(world.deps, live, worker)).fenced).toBe(false);
    });

    test('a reply that cannot be written does not hide those behind it', async () => {
      await using world = await createTestWorld(kind);
      const { id: messageId } = await claimed(world, world.owner, dyingWorker);
      const behind = await ask(world);
      const claims = await sweepReplies(world.deps, { ...worker, maxTries: 1 }, { limit: 5 });
      expect(claims.map((claim) => claim.id)).toEqual([behind.id]);
      expect((await stored(world, messageId)).status).toBe('failed');
    });
  });

  describe('finishReply', () => {
    test('writes the end once: message, job and tokens of the day', async () => {
      await using world = await createTestWorld(kind);
      const claim = await claimed(world);
      const before = await head(world);
      world.bus.clear();
      const message = (await replyJobs.end(world.deps, claim, complete))!;
      expect(message).toMatchObject({
        id: claim.id,
        seq: claim.message.seq,
        status: 'complete',
        attempt: 1,
        content: complete.content,
        error: null,
        reply: { ...claim.message.reply, model: 'test:model', usage: complete.usage, finishedAt: expect.any(String), stoppedBy: null },
      });
      await expectTold(world, before, message);
      expect(await job(world, claim.id)).toMatchObject({ state: 'done', usage: complete.usage, leaseUntil: null });
      expect(await replyJobs.end(world.deps, claim, { ...complete, status: 'failed', content: 'later' })).toBeNull();
      expect(await stored(world, claim.id)).toEqual(message);

      await replyJobs.end(world.deps, await claimed(world), complete);
      const usage = await world.deps.db.aiUsage.findMany();
      expect(usage.map(({ userId, tokens }) => ({ userId, tokens }))).toEqual([{ userId: world.owner.user.id, tokens: 222n }]);
    });

    test('a failure keeps its reason and the text so far', async () => {
      await using world = await createTestWorld(kind);
      const claim = await claimed(world);
      const error = { code: 'MODEL_CUT', message: 'The model’s answer was cut off.' };
      const message = await replyJobs.end(world.deps, claim, { ...complete, status: 'failed', content: 'Tea, a', usage: null, error });
      expect(message).toMatchObject({ status: 'failed', content: 'Tea, a', error, reply: { usage: null } });
      expect(await world.deps.db.aiUsage.count()).toBe(0);
    });

    test('keeps the text exactly: blanks, line ends and every character of Unicode', async () => {
      await using world = await createTestWorld(kind);
      const content = '  \r\n\t“𝒯ea” 👩‍🔬\u200d\u0001\n\n';
      expect((await replyJobs.end(world.deps, await claimed(world), { ...complete, content }))?.content).toBe(content);
    });
  });

  describe('a worker that was thought dead', () => {
    test('changes nothing once another attempt began', async () => {
      await using world = await createTestWorld(kind);
      const zombie = await claimed(world, world.owner, dyingWorker);
      const heir = (await replyJobs.claim(world.deps, zombie.id, worker))!;
      const before = await head(world);
      world.bus.clear();
      expect(await replyJobs.renew(world.deps, zombie, worker)).toEqual({ fenced: true, stopRequestedBy: null });
      expect(await replyJobs.end(world.deps, zombie, complete)).toBeNull();
      expect(await replyJobs.retry(world.deps, zombie, 0)).toBe('fenced');
      expect(await replyJobs.handBack(world.deps, zombie)).toBe('fenced');
      expect(await head(world)).toEqual(before);
      expect(world.bus.published).toEqual([]);
      expect(await stored(world, zombie.id)).toEqual(heir.message);
      expect(await world.deps.db.aiUsage.count()).toBe(0);
    });

    test('may still end its own attempt while nobody else began one', async () => {
      await using world = await createTestWorld(kind);
      const late = await claimed(world, world.owner, dyingWorker);
      expect(await replyJobs.renew(world.deps, late, worker)).toEqual({ fenced: false, stopRequestedBy: null });
      expect(await replyJobs.claim(world.deps, late.id, worker)).toBeNull();
      await lapse(world, late.id);
      expect((await replyJobs.end(world.deps, late, complete))?.status).toBe('complete');
    });
  });

  describe('retryReply and handBackReply', () => {
    test('a failed attempt is queued again, one try further, and a worker is woken', async () => {
      await using world = await createTestWorld(kind);
      let claim = await claimed(world);
      for (const tries of [1, 2]) {
        const before = await head(world);
        world.bus.clear();
        expect(await replyJobs.retry(world.deps, claim, 0)).toBe('requeued');
        const queued = await stored(world, claim.id);
        expect(queued).toMatchObject({ status: 'queued', content: '', error: null, attempt: tries });
        await expectTold(world, before, queued);
        expect(world.bus.enqueued).toEqual([claim.id]);
        claim = (await replyJobs.claim(world.deps, claim.id, worker))!;
        expect(claim).toMatchObject({ attempt: tries + 1, tries });
      }
    });

    test('a failed attempt waits as long as it is told to', async () => {
      await using world = await createTestWorld(kind);
      const claim = await claimed(world);
      world.bus.clear();
      expect(await replyJobs.retry(world.deps, claim, 30_000)).toBe('requeued');
      expect(world.bus.enqueued).toEqual([]);
      const { tries, availableAt, state } = await job(world, claim.id);
      expect({ tries, state }).toEqual({ tries: 1, state: 'queued' });
      expect(availableAt.getTime()).toBeGreaterThan(Date.now() + 20_000);
    });

    test('an attempt that failed or was handed back costs its asker what it has cost', async () => {
      await using world = await createTestWorld(kind);
      const soFar = { content: '', model: 'test:model', usage: complete.usage };
      const claim = await claimed(world);
      expect(await replyJobs.retry(world.deps, claim, 0, soFar)).toBe('requeued');
      expect((await stored(world, claim.id)).reply).toMatchObject({ model: null, usage: null });
      const again = (await replyJobs.claim(world.deps, claim.id, worker))!;
      expect(await replyJobs.handBack(world.deps, again, { ...soFar, content: 'Tea, a' })).toBe('requeued');
      expect((await stored(world, claim.id)).content).toBe('');
      const last = (await replyJobs.claim(world.deps, claim.id, worker))!;
      await replyJobs.end(world.deps, last, { ...complete, status: 'failed', content: '', model: 'test:model' });
      expect((await stored(world, claim.id)).reply).toMatchObject({ model: 'test:model', usage: complete.usage });
      const spent = await world.deps.db.aiUsage.findMany();
      expect(spent.map(({ tokens }) => tokens)).toEqual([333n]);
    });

    test('handing back leaves the tries and lets another start at once', async () => {
      await using world = await createTestWorld(kind);
      const first = await claimed(world, world.owner, dyingWorker);
      const second = (await replyJobs.claim(world.deps, first.id, worker))!;
      expect(second.tries).toBe(1);
      expect(await replyJobs.handBack(world.deps, second)).toBe('requeued');
      expect(await replyJobs.claim(world.deps, first.id, worker)).toMatchObject({ attempt: 3, tries: 1 });
    });
  });
}
