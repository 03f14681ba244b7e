import { randomUUID } from 'node:crypto';
import { channels, type UserPayload } from '@parley/contracts';
import { describe, expect, test } from 'vitest';
import { answerPrivately } from '../messages/answer-privately.js';
import { findPrivateReply } from '../messages/find-private-reply.js';
import { listPrivateReplies } from '../sync/list-private-replies.js';
import { authorize, head, send } from '../messages/testing-messages.js';
import { postMessage } from '../messages/post-message.js';
import { leaveRoom } from '../members/leave-room.js';
import { createTestWorld, tokensADay, type TestUser, type TestWorld } from '../testing/index.js';
import { checkAiBudget } from '../jobs/ai-budget.js';
import { loadConversation } from '../memory/load-conversation.js';
import { dismissPrivateReply, stopReply } from './stop-private-reply.js';
import { jobOfWakeUp, wakeUpOf } from '../jobs/job.js';
import { privateReplyJobs, type PrivateEnd } from './private-reply-sink.js';
import { askPrivately, claimedPrivately, toldTo } from './testing-private-replies.js';
import { ask, dyingWorker, lapse, sweepAll, worker } from './testing-replies.js';

const complete: PrivateEnd = {
  status: 'complete',
  content: 'Tea, at four.',
  model: 'test:model',
  usage: { inputTokens: 100, outputTokens: 11 },
  error: null,
};

const leave = (world: TestWorld, user: TestUser) =>
  world.access.run(user.actor, world.room.id, 'rooms.leave', (room) => leaveRoom(world.deps, room));

function row(world: TestWorld, id: string) {
  return world.deps.db.privateReply.findUniqueOrThrow({ where: { id } });
}

export function privateRepliesSuite(kind: 'pglite' | 'postgres'): void {
  describe('/summary private', () => {
    test('is begun for its asker alone: the room is told nothing, and takes no number', async () => {
      await using world = await createTestWorld(kind);
      await send(world, world.owner, 'Tea is at four.');
      const before = await head(world);
      world.bus.clear();
      const reply = await askPrivately(world);
      expect(reply).toEqual({
        id: reply.id,
        roomId: world.room.id,
        about: { command: 'summary', by: 'Ada' },
        content: '',
        status: 'streaming',
        attempt: 0,
        createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string,
      });
      expect(world.bus.published).toEqual([
        { subject: channels.user(world.owner.user.id).subject, payload: { type: 'inbox', event: { type: 'privateReply', reply } } },
      ]);
      expect(world.bus.enqueued.map(jobOfWakeUp)).toEqual([{ kind: 'private_reply', id: reply.id }]);
      expect(jobOfWakeUp(`private:${reply.id}`)).toEqual({ kind: 'private_reply', id: reply.id });
      expect(jobOfWakeUp(reply.id)).toEqual({ kind: 'reply', id: reply.id });
      expect(await head(world)).toEqual(before);
      expect(await listPrivateReplies(world.deps, world.owner.actor)).toEqual([reply]);
    });

    test('asked again under the same clientId it is the first one, also of many at once', async () => {
      await using world = await createTestWorld(kind);
      const clientId = randomUUID();
      const replies = await Promise.all(Array.from({ length: 8 }, () => askPrivately(world, world.owner, '/summary 5 private', clientId)));
      expect(new Set(replies.map(({ id }) => id)).size).toBe(1);
      const claim = (await privateReplyJobs.claim(world.deps, replies[0]!.id, worker))!;
      await privateReplyJobs.end(world.deps, claim, complete);
      world.bus.clear();
      expect(await askPrivately(world, world.owner, '/summary private 5', clientId)).toMatchObject({
        status: 'complete',
        content: complete.content,
      });
      expect(world.bus.published).toEqual([]);
      expect(world.bus.enqueued).toEqual([]);
      // A program may write its accents in another form the next time.
      const { id: characterId } = await world.handle.db.character.findFirstOrThrow({ where: { handle: 'ada' } });
      const named = randomUUID();
      const asking = (question: string) =>
        world.access.run(world.owner.actor, world.room.id, 'messages.send', (room) =>
          answerPrivately(
            world.deps,
            room,
            { characterId, request: { trigger: 'ask', standalone: false, question, scope: null } },
            { clientId: named },
          ),
        );
      expect(await asking('Who is Zoë?')).toEqual(await asking('Who is Zoe\u0308?'));
      await expect(asking('Who is Zoe?')).rejects.toMatchObject({ code: 'CLIENT_ID_REUSED' });
      for (const other of ['/summary 6 private', '/summary private', '/help']) {
        await expect(askPrivately(world, world.owner, other, clientId)).rejects.toMatchObject({ code: 'CLIENT_ID_REUSED' });
      }
      const posted = await send(world, world.owner, 'hello');
      await expect(askPrivately(world, world.owner, '/summary private', posted.message.clientId!)).rejects.toMatchObject({
        code: 'CLIENT_ID_REUSED',
      });
      // The same clientId from another person names another reply.
      const ben = await world.registerMember('ben');
      expect((await askPrivately(world, ben, '/summary private', clientId)).id).not.toBe(replies[0]!.id);
      expect(await findPrivateReply(world.deps, world.room.id, ben.user.id, randomUUID())).toBeNull();
    });

    test('a person who left is not answered', async () => {
      await using world = await createTestWorld(kind);
      const ben = await world.registerMember('ben');
      const room = await authorize(world, ben);
      await leave(world, ben);
      await expect(postMessage(world.deps, room, { clientId: randomUUID(), content: '/summary private' })).rejects.toThrow();
      expect(await world.handle.db.privateReply.count()).toBe(0);
    });
  });

  describe('claimPrivateReply', () => {
    test('gives all a prompt needs, and the conversation up to the asking, of this room alone', async () => {
      await using world = await createTestWorld(kind);
      const ben = await world.registerMember('ben');
      await send(world, world.owner, 'Read by Ben.');
      await send(world, ben, 'Ben himself.');
      await send(world, world.owner, 'News for Ben.');
      const reply = await askPrivately(world, ben, '/summary unread private');
      await send(world, world.owner, 'After the asking.');
      world.bus.clear();
      const claim = (await privateReplyJobs.claim(world.deps, reply.id, worker))!;
      expect(claim).toMatchObject({
        id: reply.id,
        roomId: world.room.id,
        character: { name: 'Ada', handle: 'ada', model: null, joinedSeq: 0 },
        askedBy: { id: ben.user.id, name: 'ben', handle: 'ben' },
        addressee: { type: 'user', handle: 'ben' },
        request: { trigger: { kind: 'summary' }, question: null, scope: { kind: 'unread' } },
        attempt: 1,
        tries: 0,
        call: { correlationId: 'call-7', traceparent: null },
        stopRequested: false,
        onlyForAsker: true,
        message: { createdAt: reply.createdAt },
      });
      const said = await loadConversation(world.deps, claim, { limit: 50, scope: claim.request.scope });
      expect(said.map(({ content }) => content)).toEqual(['News for Ben.']);
      expect(world.bus.published).toEqual([]);
    });

    test('one that is held, or done, or unknown, is not to be had; of many who claim at once one gets it', async () => {
      await using world = await createTestWorld(kind);
      const { id } = await askPrivately(world);
      const claims = await Promise.all(Array.from({ length: 6 }, () => privateReplyJobs.claim(world.deps, id, worker)));
      expect(claims.filter((claim) => claim !== null)).toHaveLength(1);
      const claim = claims.find((each) => each !== null)!;
      expect(await privateReplyJobs.claim(world.deps, id, worker)).toBeNull();
      expect(await sweepAll(privateReplyJobs, world.deps, worker, 5)).toEqual([]);
      await privateReplyJobs.end(world.deps, claim, complete);
      await lapse(world, id);
      expect(await privateReplyJobs.claim(world.deps, id, worker)).toBeNull();
      expect(await privateReplyJobs.claim(world.deps, world.room.id, worker)).toBeNull();
    });

    test('a lapsed lease gives the next attempt to another, and a zombie worker’s writes are refused', async () => {
      await using world = await createTestWorld(kind);
      const first = await claimedPrivately(world, world.owner, dyingWorker);
      world.bus.clear();
      const [second] = await sweepAll(privateReplyJobs, world.deps, worker, 5);
      expect(second).toMatchObject({ id: first.id, attempt: 2, tries: 1 });
      expect(toldTo(world, world.owner), 'the text so far was another attempt’s').toMatchObject([
        { id: first.id, attempt: 2, content: '', status: 'streaming' },
      ]);
      world.bus.clear();
      expect(await privateReplyJobs.renew(world.deps, first, worker)).toEqual({ fenced: true, stopRequestedBy: null });
      expect(await privateReplyJobs.end(world.deps, first, { ...complete, content: 'A zombie.' })).toBeNull();
      expect(await privateReplyJobs.retry(world.deps, first, 0)).toBe('fenced');
      expect(await privateReplyJobs.handBack(world.deps, first)).toBe('fenced');
      expect(world.bus.published).toEqual([]);
      expect(await privateReplyJobs.renew(world.deps, second!, worker)).toEqual({ fenced: false, stopRequestedBy: null });
      expect(await privateReplyJobs.end(world.deps, second!, complete)).toMatchObject({ content: complete.content, status: 'complete' });
    });

    test('whose workers keep dying it fails, in plain words', async () => {
      await using world = await createTestWorld(kind);
      const { id } = await askPrivately(world);
      const fragile = { ...dyingWorker, maxTries: 2 };
      for (let i = 0; i < 2; i++) expect(await privateReplyJobs.claim(world.deps, id, fragile)).not.toBeNull();
      expect(await privateReplyJobs.claim(world.deps, id, fragile)).toBeNull();
      expect(toldTo(world, world.owner).at(-1)).toMatchObject({
        id,
        status: 'failed',
        error: { code: 'TRIES_EXHAUSTED', message: 'The reply failed several times. Try again later.' },
      });
    });

    test('one person’s are written one at a time; another’s do not wait for them', async () => {
      await using world = await createTestWorld(kind);
      const ben = await world.registerMember('ben');
      const [first, second] = [await askPrivately(world), await askPrivately(world)];
      const other = await askPrivately(world, ben);
      const claims = await sweepAll(privateReplyJobs, world.deps, worker, 5);
      expect(claims.map(({ id }) => id)).toEqual([first.id, other.id]);
      expect(await privateReplyJobs.claim(world.deps, second.id, worker)).toBeNull();
      await privateReplyJobs.end(world.deps, claims[0]!, complete);
      expect(await privateReplyJobs.claim(world.deps, second.id, worker)).toMatchObject({ attempt: 1 });
    });

    test('whoever left the room is given nothing of it: before the claim, while it is written, and after', async () => {
      await using world = await createTestWorld(kind);
      const [ben, cleo] = [await world.registerMember('ben'), await world.registerMember('cleo')];
      const waiting = await askPrivately(world, ben);
      const underWay = await claimedPrivately(world, cleo);
      await leave(world, ben);
      await leave(world, cleo);
      expect(await privateReplyJobs.claim(world.deps, waiting.id, worker)).toBeNull();
      expect(await row(world, waiting.id)).toMatchObject({ status: 'stopped', content: '' });
      expect(await privateReplyJobs.renew(world.deps, underWay, worker)).toEqual({ fenced: false, stopRequestedBy: cleo.user.id });
      await privateReplyJobs.end(world.deps, underWay, complete);
      expect(await listPrivateReplies(world.deps, cleo.actor)).toEqual([]);
    });

    test('fails where its character has left', async () => {
      await using world = await createTestWorld(kind);
      const { id } = await askPrivately(world);
      await world.deps.db.$executeRaw`update room_characters set left_rev = rev where room_id = ${world.room.id}::uuid`;
      expect(await privateReplyJobs.claim(world.deps, id, worker)).toBeNull();
      expect(toldTo(world, world.owner).at(-1)).toMatchObject({ status: 'failed', error: { code: 'CHARACTER_GONE' } });
    });
  });

  describe('the end of a private reply', () => {
    test('is written once, told to its asker, costs them their tokens, and is no part of the room', async () => {
      await using world = await createTestWorld(kind);
      const claim = await claimedPrivately(world);
      const before = await head(world);
      world.bus.clear();
      const reply = (await privateReplyJobs.end(world.deps, claim, complete))!;
      expect(world.bus.published).toEqual([
        { subject: channels.user(world.owner.user.id).subject, payload: { type: 'inbox', event: { type: 'privateReply', reply } } },
      ]);
      expect(await privateReplyJobs.end(world.deps, claim, { ...complete, status: 'stopped' })).toBeNull();
      expect(await listPrivateReplies(world.deps, world.owner.actor)).toEqual([reply]);
      expect(reply).toMatchObject({ status: 'complete', content: complete.content });
      expect(await head(world)).toEqual(before);
      await expect(checkAiBudget(world.deps, { userId: world.owner.user.id }, tokensADay(111))).rejects.toMatchObject({
        code: 'AI_BUDGET_EXCEEDED',
      });
      await checkAiBudget(world.deps, { userId: world.owner.user.id }, tokensADay(112));
    });

    test('a failed attempt is tried again later, one try further', async () => {
      await using world = await createTestWorld(kind);
      const first = await claimedPrivately(world);
      expect(await privateReplyJobs.retry(world.deps, first, 60_000)).toBe('requeued');
      expect(await privateReplyJobs.claim(world.deps, first.id, worker)).toBeNull();
      await world.deps.db.$executeRaw`update jobs set available_at = now() where id = ${first.id}::uuid`;
      expect(await privateReplyJobs.claim(world.deps, first.id, worker)).toMatchObject({ attempt: 2, tries: 1 });
    });

    test('handed back, another worker is woken, and no try is counted', async () => {
      await using world = await createTestWorld(kind);
      const first = await claimedPrivately(world);
      world.bus.clear();
      expect(await privateReplyJobs.handBack(world.deps, first)).toBe('requeued');
      expect(world.bus.enqueued).toEqual([wakeUpOf('private_reply', first.id)]);
      expect(await privateReplyJobs.claim(world.deps, first.id, worker)).toMatchObject({ attempt: 2, tries: 0 });
    });
  });

  describe('stopping and putting away', () => {
    const stop = (world: TestWorld, id: string, by: TestUser = world.owner) =>
      stopReply({ ...world.deps, rooms: world.access }, by.actor, { messageId: id });

    test('one that waits, or whose worker died, ends here and now', async () => {
      await using world = await createTestWorld(kind);
      const { id } = await askPrivately(world);
      expect(await stop(world, id)).toMatchObject({ id, status: 'stopped', content: '' });
      expect(toldTo(world, world.owner).at(-1)).toMatchObject({ id, status: 'stopped' });
      expect(await privateReplyJobs.claim(world.deps, id, worker)).toBeNull();
      const dead = await claimedPrivately(world, world.owner, dyingWorker);
      expect(await stop(world, dead.id)).toMatchObject({ status: 'stopped' });
    });

    test('the worker that writes one is told, on the bus and in the row, and has the last word', async () => {
      await using world = await createTestWorld(kind);
      const claim = await claimedPrivately(world);
      world.bus.clear();
      expect(await stop(world, claim.id)).toMatchObject({ status: 'streaming' });
      const { id: userId } = world.owner.user;
      expect(world.bus.published).toEqual([{ subject: channels.replyStop(claim.id).subject, payload: { attempt: 1, stoppedBy: userId } }]);
      expect(await privateReplyJobs.renew(world.deps, claim, worker)).toEqual({ fenced: false, stopRequestedBy: userId });
      const end: PrivateEnd = { ...complete, status: 'stopped', content: 'Tea,' };
      const reply = await privateReplyJobs.end(world.deps, claim, end);
      expect(reply).toMatchObject({ status: 'stopped', content: 'Tea,' });
      expect(await stop(world, claim.id)).toEqual(reply);
    });

    test('one that was told to stop is not tried again', async () => {
      await using world = await createTestWorld(kind);
      const [lapsed, failed] = [
        await claimedPrivately(world),
        await world.registerMember('ben').then((ben) => claimedPrivately(world, ben)),
      ];
      await stop(world, lapsed.id);
      await lapse(world, lapsed.id);
      expect(await privateReplyJobs.claim(world.deps, lapsed.id, worker)).toMatchObject({ stopRequested: true });
      await world.deps.db.$executeRaw`update jobs set stop_requested_at = now() where id = ${failed.id}::uuid`;
      expect(await privateReplyJobs.retry(world.deps, failed, 0)).toBe('stopped');
    });

    test('one that was told to stop and is handed back keeps its text so far; an attempt that failed or was handed back costs what it has cost', async () => {
      await using world = await createTestWorld(kind);
      const soFar = { content: 'Tea,', model: 'test:model', usage: complete.usage };
      const claim = await claimedPrivately(world);
      expect(await privateReplyJobs.retry(world.deps, claim, 0, { ...soFar, content: '' })).toBe('requeued');
      const again = (await privateReplyJobs.claim(world.deps, claim.id, worker))!;
      expect(await privateReplyJobs.handBack(world.deps, again, soFar)).toBe('requeued');
      expect(await row(world, claim.id)).toMatchObject({ content: '', status: 'queued' });
      const last = (await privateReplyJobs.claim(world.deps, claim.id, worker))!;
      await stop(world, claim.id);
      world.bus.clear();
      expect(await privateReplyJobs.handBack(world.deps, last, soFar)).toBe('stopped');
      expect(toldTo(world, world.owner)).toMatchObject([{ status: 'stopped', content: 'Tea,' }]);
      const spent = await world.deps.db.aiUsage.findMany();
      expect(spent.map(({ tokens }) => tokens)).toEqual([333n]);
    });

    test('someone else’s is like one that never was, and a room’s is stopped as ever', async () => {
      await using world = await createTestWorld(kind);
      const ben = await world.registerMember('ben');
      const { id } = await askPrivately(world);
      await expect(stop(world, id, ben)).rejects.toMatchObject({ code: 'MESSAGE_NOT_FOUND' });
      await expect(stop(world, randomUUID(), ben)).rejects.toMatchObject({ code: 'MESSAGE_NOT_FOUND' });
      await expect(dismissPrivateReply(world.deps, ben.actor, id)).rejects.toMatchObject({ code: 'MESSAGE_NOT_FOUND' });
      expect(await row(world, id)).toMatchObject({ status: 'queued', stopRequestedAt: null, dismissedAt: null });
      const inRoom = await ask(world, ben);
      expect(await stop(world, inRoom.id, ben)).toMatchObject({ seq: inRoom.seq, status: 'stopped' });
    });

    test('put away, it stays so, on all connections, and what was under way is stopped', async () => {
      await using world = await createTestWorld(kind);
      const done = await claimedPrivately(world);
      await privateReplyJobs.end(world.deps, done, complete);
      world.bus.clear();
      for (let i = 0; i < 2; i++) await dismissPrivateReply(world.deps, world.owner.actor, done.id);
      const told: UserPayload = { type: 'inbox', event: { type: 'privateReplyDismissed', id: done.id } };
      expect(world.bus.on(channels.user(world.owner.user.id))).toEqual([told, told]);
      expect(await row(world, done.id)).toMatchObject({ status: 'complete', content: complete.content });
      const running = await claimedPrivately(world);
      await dismissPrivateReply(world.deps, world.owner.actor, running.id);
      expect(await privateReplyJobs.renew(world.deps, running, worker)).toMatchObject({ stopRequestedBy: world.owner.user.id });
      world.bus.clear();
      await privateReplyJobs.end(world.deps, running, { ...complete, status: 'stopped' });
      expect(world.bus.published).toEqual([]);
      expect(await listPrivateReplies(world.deps, world.owner.actor)).toEqual([]);
    });
  });
}
