import { randomUUID } from 'node:crypto';
import { channels, type UserPayload } from '@parley/contracts';
import { describe, expect, test } from 'vitest';
import { findPrivateReply } from '../messages/find-private-reply.js';
import { listPrivateReplies } from '../sync/list-private-replies.js';
import { privateJobId, privateReplyOfJob } from '../jobs/private-job-id.js';
import { authorize, head, send } from '../messages/testing-messages.js';
import { postMessage } from '../messages/post-message.js';
import { leaveRoom } from '../members/leave-room.js';
import { createTestWorld, type TestUser, type TestWorld } from '../testing/index.js';
import { checkAiBudget } from '../jobs/ai-budget.js';
import { claimPrivateReply, sweepPrivateReplies } from './claim-private-reply.js';
import { finishPrivateReply, type PrivateEnd } from './finish-private-reply.js';
import { loadConversation } from '../memory/load-conversation.js';
import { renewPrivateLease } from './renew-private-lease.js';
import { handBackPrivateReply, retryPrivateReply } from './requeue-private-reply.js';
import { dismissPrivateReply, stopReply } from './stop-private-reply.js';
import { askPrivately, claimedPrivately, lapsePrivately, toldTo } from './testing-private-replies.js';
import { ask, dyingWorker, worker } from './testing-replies.js';

const complete: PrivateEnd = {
  status: 'complete',
  content: 'Tea, at four.',
  model: 'test:model',
  usage: { inputTokens: 100, outputTokens: 11 },
  error: null,
};
const failure = { error: { code: 'MODEL_UNAVAILABLE', message: 'The model did not answer.' }, countsAsTry: true, delayMs: 0, maxTries: 3 };

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
        content: '',
        status: 'streaming',
        createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string,
      });
      expect(world.bus.published).toEqual([
        { subject: channels.user(world.owner.user.id).subject, payload: { type: 'inbox', event: { type: 'privateReply', reply } } },
      ]);
      expect(world.bus.enqueued.map(privateReplyOfJob)).toEqual([reply.id]);
      expect(privateReplyOfJob(randomUUID())).toBeNull();
      expect(await head(world)).toEqual(before);
      expect(await listPrivateReplies(world.deps, world.owner.actor)).toEqual([reply]);
    });

    test('asked again under the same clientId it is the first one, also of many at once', async () => {
      await using world = await createTestWorld(kind);
      const clientId = randomUUID();
      const replies = await Promise.all(Array.from({ length: 8 }, () => askPrivately(world, world.owner, '/summary 5 private', clientId)));
      expect(new Set(replies.map(({ id }) => id)).size).toBe(1);
      const claim = (await claimPrivateReply(world.deps, replies[0]!.id, worker))!;
      await finishPrivateReply(world.deps, claim, complete);
      world.bus.clear();
      expect(await askPrivately(world, world.owner, '/summary private 5', clientId)).toMatchObject({
        status: 'complete',
        content: complete.content,
      });
      expect(world.bus.published).toEqual([]);
      expect(world.bus.enqueued).toEqual([]);
      for (const other of ['/summary 6 private', '/summary private', '/help']) {
        await expect(askPrivately(world, world.owner, other, clientId)).rejects.toMatchObject({ code: 'CLIENT_ID_REUSED' });
      }
      const posted = await send(world, world.owner, 'hello');
      await expect(askPrivately(world, world.owner, '/summary private', posted.message.clientId!)).rejects.toMatchObject({
        code: 'CLIENT_ID_REUSED',
      });
      // Someone else's id is another one.
      const ben = await world.registerMember('ben');
      expect((await askPrivately(world, ben, '/summary private', clientId)).id).not.toBe(replies[0]!.id);
      expect(await findPrivateReply(world.deps, world.room.id, ben.user.id, randomUUID())).toBeNull();
    });

    test('one who left is not answered', async () => {
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
      const claim = (await claimPrivateReply(world.deps, reply.id, worker))!;
      expect(claim).toMatchObject({
        messageId: reply.id,
        roomId: world.room.id,
        character: { name: 'Ada', handle: 'ada', model: null, joinedSeq: 0 },
        askedBy: { id: ben.user.id, name: 'ben', handle: 'ben' },
        calledBy: { type: 'user', handle: 'ben' },
        request: { trigger: { kind: 'summary' }, question: null, scope: { kind: 'unread' } },
        attempt: 1,
        tries: 0,
        correlationId: 'call-7',
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
      const claims = await Promise.all(Array.from({ length: 6 }, () => claimPrivateReply(world.deps, id, worker)));
      expect(claims.filter((claim) => claim !== null)).toHaveLength(1);
      const claim = claims.find((each) => each !== null)!;
      expect(await claimPrivateReply(world.deps, id, worker)).toBeNull();
      expect(await sweepPrivateReplies(world.deps, worker, { limit: 5 })).toEqual([]);
      await finishPrivateReply(world.deps, claim, complete);
      await lapsePrivately(world, id);
      expect(await claimPrivateReply(world.deps, id, worker)).toBeNull();
      expect(await claimPrivateReply(world.deps, world.room.id, worker)).toBeNull();
    });

    test('a lapsed lease gives the next attempt to another, and a zombie worker’s writes are refused', async () => {
      await using world = await createTestWorld(kind);
      const first = await claimedPrivately(world, world.owner, dyingWorker);
      const [second] = await sweepPrivateReplies(world.deps, worker, { limit: 5 });
      expect(second).toMatchObject({ messageId: first.messageId, attempt: 2, tries: 1 });
      world.bus.clear();
      expect(await renewPrivateLease(world.deps, first, worker)).toEqual({ held: false, stopRequestedBy: null });
      expect(await finishPrivateReply(world.deps, first, { ...complete, content: 'A zombie.' })).toBeNull();
      expect(await retryPrivateReply(world.deps, first, failure)).toBe('fenced');
      expect(await handBackPrivateReply(world.deps, first)).toBe('fenced');
      expect(world.bus.published).toEqual([]);
      expect(await renewPrivateLease(world.deps, second!, worker)).toEqual({ held: true, stopRequestedBy: null });
      expect(await finishPrivateReply(world.deps, second!, complete)).toMatchObject({ content: complete.content, status: 'complete' });
    });

    test('whose workers keep dying it fails, in plain words', async () => {
      await using world = await createTestWorld(kind);
      const { id } = await askPrivately(world);
      const fragile = { ...dyingWorker, maxTries: 2 };
      for (let i = 0; i < 2; i++) expect(await claimPrivateReply(world.deps, id, fragile)).not.toBeNull();
      expect(await claimPrivateReply(world.deps, id, fragile)).toBeNull();
      expect(toldTo(world, world.owner).at(-1)).toMatchObject({
        id,
        status: 'failed',
        error: { code: 'TRIES_EXHAUSTED', message: 'The reply failed several times.' },
      });
    });

    test('one person’s are written one at a time; another’s do not wait for them', async () => {
      await using world = await createTestWorld(kind);
      const ben = await world.registerMember('ben');
      const [first, second] = [await askPrivately(world), await askPrivately(world)];
      const other = await askPrivately(world, ben);
      const claims = await sweepPrivateReplies(world.deps, worker, { limit: 5 });
      expect(claims.map(({ messageId }) => messageId)).toEqual([first.id, other.id]);
      expect(await claimPrivateReply(world.deps, second.id, worker)).toBeNull();
      await finishPrivateReply(world.deps, claims[0]!, complete);
      expect(await claimPrivateReply(world.deps, second.id, worker)).toMatchObject({ attempt: 1 });
    });

    test('whoever left the room is given nothing of it: before the claim, while it is written, and after', async () => {
      await using world = await createTestWorld(kind);
      const [ben, cleo] = [await world.registerMember('ben'), await world.registerMember('cleo')];
      const waiting = await askPrivately(world, ben);
      const underWay = await claimedPrivately(world, cleo);
      await leave(world, ben);
      await leave(world, cleo);
      expect(await claimPrivateReply(world.deps, waiting.id, worker)).toBeNull();
      expect(await row(world, waiting.id)).toMatchObject({ status: 'stopped', content: '' });
      expect(await renewPrivateLease(world.deps, underWay, worker)).toEqual({ held: true, stopRequestedBy: cleo.user.id });
      await finishPrivateReply(world.deps, underWay, complete);
      expect(await listPrivateReplies(world.deps, cleo.actor)).toEqual([]);
    });

    test('fails where its character has left', async () => {
      await using world = await createTestWorld(kind);
      const { id } = await askPrivately(world);
      await world.deps.db.$executeRaw`update room_characters set left_rev = rev where room_id = ${world.room.id}::uuid`;
      expect(await claimPrivateReply(world.deps, id, worker)).toBeNull();
      expect(toldTo(world, world.owner).at(-1)).toMatchObject({ status: 'failed', error: { code: 'CHARACTER_GONE' } });
    });
  });

  describe('the end of a private reply', () => {
    test('is written once, told to its asker, costs them their tokens, and is no part of the room', async () => {
      await using world = await createTestWorld(kind);
      const claim = await claimedPrivately(world);
      const before = await head(world);
      world.bus.clear();
      const reply = (await finishPrivateReply(world.deps, claim, complete))!;
      expect(world.bus.published).toEqual([
        { subject: channels.user(world.owner.user.id).subject, payload: { type: 'inbox', event: { type: 'privateReply', reply } } },
      ]);
      expect(await finishPrivateReply(world.deps, claim, { ...complete, status: 'stopped' })).toBeNull();
      expect(await listPrivateReplies(world.deps, world.owner.actor)).toEqual([reply]);
      expect(reply).toMatchObject({ status: 'complete', content: complete.content });
      expect(await head(world)).toEqual(before);
      await expect(checkAiBudget(world.deps, world.owner.user.id, 111)).rejects.toMatchObject({ code: 'AI_BUDGET_EXCEEDED' });
      await checkAiBudget(world.deps, world.owner.user.id, 112);
    });

    test('a failed attempt is tried again later, and fails for good when its tries are used up', async () => {
      await using world = await createTestWorld(kind);
      const first = await claimedPrivately(world);
      expect(await retryPrivateReply(world.deps, first, { ...failure, delayMs: 60_000 })).toBe('requeued');
      expect(await claimPrivateReply(world.deps, first.messageId, worker)).toBeNull();
      await world.deps.db.$executeRaw`update private_replies set available_at = now() where id = ${first.messageId}::uuid`;
      const second = (await claimPrivateReply(world.deps, first.messageId, worker))!;
      expect(second).toMatchObject({ attempt: 2, tries: 1 });
      world.bus.clear();
      expect(await retryPrivateReply(world.deps, second, { ...failure, maxTries: 2 })).toBe('failed');
      expect(toldTo(world, world.owner)).toMatchObject([{ status: 'failed', error: failure.error }]);
    });

    test('handed back, another worker is woken, and no try is counted', async () => {
      await using world = await createTestWorld(kind);
      const first = await claimedPrivately(world);
      world.bus.clear();
      expect(await handBackPrivateReply(world.deps, first)).toBe('requeued');
      expect(world.bus.enqueued).toEqual([privateJobId(first.messageId)]);
      expect(await claimPrivateReply(world.deps, first.messageId, worker)).toMatchObject({ attempt: 2, tries: 0 });
    });
  });

  describe('stopping and putting away', () => {
    const stop = (world: TestWorld, id: string, by: TestUser = world.owner) => stopReply(world.deps, by.actor, world.access, id);

    test('one that waits, or whose worker died, ends here and now', async () => {
      await using world = await createTestWorld(kind);
      const { id } = await askPrivately(world);
      expect(await stop(world, id)).toMatchObject({ id, status: 'stopped', content: '' });
      expect(toldTo(world, world.owner).at(-1)).toMatchObject({ id, status: 'stopped' });
      expect(await claimPrivateReply(world.deps, id, worker)).toBeNull();
      const dead = await claimedPrivately(world, world.owner, dyingWorker);
      expect(await stop(world, dead.messageId)).toMatchObject({ status: 'stopped' });
    });

    test('the worker that writes one is told, on the bus and in the row, and has the last word', async () => {
      await using world = await createTestWorld(kind);
      const claim = await claimedPrivately(world);
      world.bus.clear();
      expect(await stop(world, claim.messageId)).toMatchObject({ status: 'streaming' });
      const { id: userId } = world.owner.user;
      expect(world.bus.published).toEqual([
        { subject: channels.replyStop(claim.messageId).subject, payload: { attempt: 1, stoppedBy: userId } },
      ]);
      expect(await renewPrivateLease(world.deps, claim, worker)).toEqual({ held: true, stopRequestedBy: userId });
      const end: PrivateEnd = { ...complete, status: 'stopped', content: 'Tea,' };
      const reply = await finishPrivateReply(world.deps, claim, end);
      expect(reply).toMatchObject({ status: 'stopped', content: 'Tea,' });
      expect(await stop(world, claim.messageId)).toEqual(reply);
    });

    test('one that was told to stop is not tried again', async () => {
      await using world = await createTestWorld(kind);
      const [lapsed, failed] = [
        await claimedPrivately(world),
        await world.registerMember('ben').then((ben) => claimedPrivately(world, ben)),
      ];
      await stop(world, lapsed.messageId);
      await lapsePrivately(world, lapsed.messageId);
      expect(await claimPrivateReply(world.deps, lapsed.messageId, worker)).toMatchObject({ stopRequested: true });
      await world.deps.db.$executeRaw`update private_replies set stop_requested_at = now() where id = ${failed.messageId}::uuid`;
      expect(await retryPrivateReply(world.deps, failed, failure)).toBe('stopped');
    });

    test('one that was told to stop and is handed back keeps its text so far; a failed attempt costs what it has cost', async () => {
      await using world = await createTestWorld(kind);
      const soFar = { content: 'Tea,', model: 'test:model', usage: complete.usage };
      const claim = await claimedPrivately(world);
      expect(await retryPrivateReply(world.deps, claim, failure, { ...soFar, content: '' })).toBe('requeued');
      const again = (await claimPrivateReply(world.deps, claim.messageId, worker))!;
      expect(await handBackPrivateReply(world.deps, again, soFar)).toBe('requeued');
      expect(await row(world, claim.messageId)).toMatchObject({ content: '', status: 'queued' });
      const last = (await claimPrivateReply(world.deps, claim.messageId, worker))!;
      await stop(world, claim.messageId);
      world.bus.clear();
      expect(await handBackPrivateReply(world.deps, last, soFar)).toBe('stopped');
      expect(toldTo(world, world.owner)).toMatchObject([{ status: 'stopped', content: 'Tea,' }]);
      const spent = await world.deps.db.aiUsage.findMany();
      expect(spent.map(({ tokens }) => tokens)).toEqual([222n]);
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
      await finishPrivateReply(world.deps, done, complete);
      world.bus.clear();
      for (let i = 0; i < 2; i++) await dismissPrivateReply(world.deps, world.owner.actor, done.messageId);
      const told: UserPayload = { type: 'inbox', event: { type: 'privateReplyDismissed', id: done.messageId } };
      expect(world.bus.on(channels.user(world.owner.user.id))).toEqual([told, told]);
      expect(await row(world, done.messageId)).toMatchObject({ status: 'complete', content: complete.content });
      const running = await claimedPrivately(world);
      await dismissPrivateReply(world.deps, world.owner.actor, running.messageId);
      expect(await renewPrivateLease(world.deps, running, worker)).toMatchObject({ stopRequestedBy: world.owner.user.id });
      world.bus.clear();
      await finishPrivateReply(world.deps, running, { ...complete, status: 'stopped' });
      expect(world.bus.published).toEqual([]);
      expect(await listPrivateReplies(world.deps, world.owner.actor)).toEqual([]);
    });
  });
}
