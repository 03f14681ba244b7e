import { randomUUID } from 'node:crypto';
import { inCall, type Call } from '@parley/bus';
import { channels } from '@parley/contracts';
import { describe, expect, test } from 'vitest';
import { disableAccount } from '../accounts/disable-account.js';
import { enableAccount } from '../accounts/enable-account.js';
import { loadChanges } from '../sync/load-changes.js';
import { edit, hide, remove } from '../messages/testing-changes.js';
import { eventsOn, head, send } from '../messages/testing-messages.js';
import { createRoom } from '../rooms/create-room.js';
import { setRole } from '../members/set-role.js';
import { createTestWorld, placeCharacter, tokensADay, type TestUser, type TestWorld } from '../testing/index.js';
import { listReplyVersions } from './list-versions.js';
import { regenerateReply } from './regenerate-reply.js';
import { requestStop } from './request-stop.js';
import { ask, claimed, complete, worker } from './testing-replies.js';
import { replyJobs } from './reply-sink.js';

const again: Call = { correlationId: 'again', traceparent: null };

function regenerate(world: TestWorld, by: TestUser, messageId: string) {
  return inCall(again, () =>
    world.access.runOfMessage(by.actor, messageId, 'replies.regenerate', (reply) => regenerateReply(world.deps, reply)),
  );
}

function versions(world: TestWorld, by: TestUser, messageId: string) {
  return world.access.runOfMessage(by.actor, messageId, 'replies.versions', (reply) => listReplyVersions(world.deps, reply));
}

async function finished(world: TestWorld, by = world.owner) {
  const claim = await claimed(world, by);
  return (await replyJobs.end(world.deps, claim, complete))!;
}

export function regenerateReplySuite(kind: 'pglite' | 'postgres'): void {
  describe('regenerateReply', () => {
    test('queues the same message again, keeps its text as a version, tells the room and wakes a worker', async () => {
      await using world = await createTestWorld(kind);
      const first = await finished(world);
      const before = await head(world);
      world.bus.clear();
      const queued = await regenerate(world, world.owner, first.id);
      expect(queued).toEqual({
        ...first,
        rev: before.rev + 1,
        status: 'queued',
        content: '',
        reply: { ...first.reply, model: null, startedAt: null, finishedAt: null, usage: null },
      });
      expect(world.bus.on(channels.roomEvents(world.room.id))).toEqual([
        { events: [{ type: 'message', rev: queued.rev, message: queued }] },
      ]);
      expect((await loadChanges(world.deps, world.room.id, before.rev, 10)).events).toEqual(eventsOn(world));
      expect(world.bus.enqueued).toEqual([first.id]);
      expect(await versions(world, world.owner, first.id)).toEqual([
        {
          attempt: 1,
          content: complete.content,
          status: 'complete',
          model: complete.model,
          usage: complete.usage,
          finishedAt: first.reply!.finishedAt,
        },
      ]);
    });

    test('its claim is the next attempt, untried, and its text replaces the first', async () => {
      await using world = await createTestWorld(kind);
      const claim = await claimed(world);
      const error = { code: 'MODEL_UNAVAILABLE', message: 'away' };
      await replyJobs.end(world.deps, claim, { ...complete, status: 'failed', content: '', usage: null, error });
      const queued = await regenerate(world, world.owner, claim.id);
      expect(queued.error).toBeNull();
      // It failed without a text, so there is none to keep.
      expect(await versions(world, world.owner, claim.id)).toEqual([]);
      const again = await replyJobs.claim(world.deps, claim.id, worker);
      expect(again).toMatchObject({ attempt: 2, tries: 0, stopRequested: false, call: { correlationId: 'again', traceparent: null } });
      expect(await replyJobs.end(world.deps, claim, complete)).toBeNull();
      const second = await replyJobs.end(world.deps, again!, { ...complete, content: 'At five, then.' });
      expect(second).toMatchObject({ id: claim.id, seq: queued.seq, attempt: 2, status: 'complete', content: 'At five, then.' });
      expect(await world.deps.db.aiUsage.findMany()).toMatchObject([{ tokens: 111n }]);
    });

    test('a second click finds it in progress, and leaves one version', async () => {
      await using world = await createTestWorld(kind);
      const first = await finished(world);
      await regenerate(world, world.owner, first.id);
      const before = await head(world);
      await expect(regenerate(world, world.owner, first.id)).rejects.toMatchObject({ code: 'REPLY_IN_PROGRESS' });
      await replyJobs.claim(world.deps, first.id, worker);
      await expect(regenerate(world, world.owner, first.id)).rejects.toMatchObject({ code: 'REPLY_IN_PROGRESS' });
      expect((await head(world)).rev).toBe(before.rev + 1);
      expect(await versions(world, world.owner, first.id)).toHaveLength(1);
    });

    test('stopped before it began and asked for again, it still has its first text as a version', async () => {
      await using world = await createTestWorld(kind);
      const first = await finished(world);
      await regenerate(world, world.owner, first.id);
      expect(
        await world.access.runOfMessage(world.owner.actor, first.id, 'replies.stop', (reply) => requestStop(world.deps, reply)),
      ).toMatchObject({ status: 'stopped', attempt: 1 });
      await regenerate(world, world.owner, first.id);
      const again = await replyJobs.claim(world.deps, first.id, worker);
      expect(again).toMatchObject({ attempt: 2, stopRequested: false });
      await replyJobs.end(world.deps, again!, { ...complete, content: 'second' });
      await regenerate(world, world.owner, first.id);
      expect(await versions(world, world.owner, first.id)).toMatchObject([
        { attempt: 1, content: complete.content },
        { attempt: 2, content: 'second' },
      ]);
    });

    test('whoever asked may, and moderators; no other member, and nobody from outside learns that it is there', async () => {
      await using world = await createTestWorld(kind);
      const [ben, cat, olga] = [await world.registerMember('ben'), await world.registerMember('cat'), await world.register('olga')];
      const reply = await finished(world, ben);
      await expect(regenerate(world, cat, reply.id)).rejects.toMatchObject({ code: 'FORBIDDEN' });
      await regenerate(world, ben, reply.id);
      await replyJobs.end(world.deps, (await replyJobs.claim(world.deps, reply.id, worker))!, complete);
      await regenerate(world, world.owner, reply.id);
      expect(await versions(world, cat, reply.id)).toHaveLength(2);

      const hidden = await createRoom(world.deps, world.owner.actor, { name: 'Hidden', topic: '', visibility: 'private' });
      const asked = (await send(world, world.owner, '/ask hidden?', {}, hidden.id)).replies[0]!;
      for (const call of [regenerate, versions]) {
        const refusals = await Promise.all([asked.id, randomUUID()].map((id) => call(world, olga, id).catch((error: unknown) => error)));
        expect(refusals[0]).toMatchObject({ code: 'MESSAGE_NOT_FOUND', message: (refusals[1] as Error).message });
      }
    });

    test('a summary is written again though the message that called was deleted, also where it was asked for by an earlier version', async () => {
      await using world = await createTestWorld(kind);
      for (const earlierVersion of [false, true]) {
        const { message, replies } = await send(world, world.owner, '/summary');
        const { id } = replies[0]!;
        if (earlierVersion) await world.deps.db.$executeRaw`update jobs set request = request - 'standalone' where id = ${id}::uuid`;
        await replyJobs.end(world.deps, (await replyJobs.claim(world.deps, id, worker))!, complete);
        await remove(world, world.owner, message.id);
        expect((await regenerate(world, world.owner, id)).status).toBe('queued');
      }
    });

    test('refuses what is no reply, what is gone, a question that is gone, and an archived room', async () => {
      await using world = await createTestWorld(kind);
      const { message } = await send(world, world.owner, 'a text');
      await expect(regenerate(world, world.owner, message.id)).rejects.toMatchObject({ code: 'MESSAGE_NOT_EDITABLE' });
      const [gone, unasked, late] = [await finished(world), await finished(world), await finished(world)];
      await remove(world, world.owner, gone.id);
      await expect(regenerate(world, world.owner, gone.id)).rejects.toMatchObject({ code: 'MESSAGE_DELETED' });
      await remove(world, world.owner, unasked.reply!.trigger.messageId);
      await expect(regenerate(world, world.owner, unasked.id)).rejects.toMatchObject({ code: 'MESSAGE_DELETED' });
      await world.deps.db.room.update({ where: { id: world.room.id }, data: { archivedAt: new Date() } });
      world.access.invalidate(world.room.id);
      await expect(regenerate(world, world.owner, late.id)).rejects.toMatchObject({ code: 'ROOM_ARCHIVED' });
    });

    test('refuses where the tokens of the day of whoever asks for it are used up: the text there is stays', async () => {
      await using world = await createTestWorld(kind);
      const claim = await claimed(world);
      const before = await replyJobs.end(world.deps, claim, complete);
      const again = (dailyTokens: number) =>
        world.access.runOfMessage(world.owner.actor, claim.id, 'replies.regenerate', (reply) =>
          regenerateReply(world.deps, reply, { budgets: tokensADay(dailyTokens) }),
        );
      await expect(again(111)).rejects.toMatchObject({ code: 'AI_BUDGET_EXCEEDED', details: { retryAfterMs: expect.any(Number) } });
      const { events } = await loadChanges(world.deps, world.room.id, 0, 100);
      expect(events).toContainEqual({ type: 'message', rev: before!.rev, message: before });
      const moderator = await world.registerMember('marge');
      await world.access.run(world.owner.actor, world.room.id, 'rooms.setRole', (room) =>
        setRole(world.deps, room, { username: 'marge', role: 'moderator' }),
      );
      await expect(
        world.access.runOfMessage(moderator.actor, claim.id, 'replies.regenerate', (reply) =>
          regenerateReply(world.deps, reply, { budgets: tokensADay(111) }),
        ),
      ).resolves.toMatchObject({ status: 'queued' });
      await replyJobs.end(world.deps, (await replyJobs.claim(world.deps, claim.id, worker))!, complete);
      expect(await again(112)).toMatchObject({ status: 'queued' });
    });

    test('refuses where its asker’s account is closed, which no worker would write for: the text there is stays', async () => {
      await using world = await createTestWorld(kind);
      const asker = await world.registerMember('goner');
      const before = await finished(world, asker);
      await disableAccount(world.deps, null, { username: 'goner' });
      await expect(regenerate(world, world.owner, before.id)).rejects.toMatchObject({
        code: 'MESSAGE_NOT_EDITABLE',
        message: expect.stringContaining('closed'),
      });
      const { events } = await loadChanges(world.deps, world.room.id, 0, 100);
      expect(events).toContainEqual({ type: 'message', rev: before.rev, message: before });
      await enableAccount(world.deps, null, { username: 'goner' });
      expect(await regenerate(world, world.owner, before.id)).toMatchObject({ status: 'queued' });
    });

    test('refuses a reply whose character has left the room', async () => {
      await using world = await createTestWorld(kind);
      const reply = await finished(world);
      await world.deps.db.roomCharacter.deleteMany({ where: { roomId: world.room.id } });
      world.access.invalidate(world.room.id);
      await expect(regenerate(world, world.owner, reply.id)).rejects.toMatchObject({ code: 'CHARACTER_NOT_FOUND' });
    });
  });

  describe('deleteMessage, of replies', () => {
    test('takes the text and every version of it', async () => {
      await using world = await createTestWorld(kind);
      const reply = await finished(world);
      await regenerate(world, world.owner, reply.id);
      await replyJobs.end(world.deps, (await replyJobs.claim(world.deps, reply.id, worker))!, { ...complete, content: 'second' });
      const deleted = await remove(world, world.owner, reply.id);
      expect(deleted).toMatchObject({ content: '', status: 'complete', attempt: 2, deletedAt: expect.any(String) });
      expect(await versions(world, world.owner, reply.id)).toEqual([]);
      expect(await world.deps.db.replyVersion.findMany({ select: { content: true } })).toEqual([{ content: '' }]);
    });

    test('ends one in progress at once: its worker is told, and writes nothing any more', async () => {
      await using world = await createTestWorld(kind);
      const claim = await claimed(world);
      const before = await head(world);
      world.bus.clear();
      const deleted = await remove(world, world.owner, claim.id);
      expect(deleted).toMatchObject({
        rev: before.rev + 1,
        status: 'stopped',
        content: '',
        deletedAt: expect.any(String),
        reply: { stoppedBy: world.owner.user.id, finishedAt: expect.any(String) },
      });
      expect(world.bus.on(channels.replyStop(claim.id))).toEqual([{ attempt: 1, stoppedBy: world.owner.user.id }]);
      expect((await replyJobs.renew(world.deps, claim, worker)).fenced).toBe(true);
      expect(await replyJobs.end(world.deps, claim, complete)).toBeNull();
      expect(await head(world)).toEqual({ ...before, rev: before.rev + 1 });
    });

    test('what its attempt had used is counted, once', async () => {
      await using world = await createTestWorld(kind);
      const claim = await claimed(world);
      await remove(world, world.owner, claim.id);
      for (let n = 0; n < 2; n++) expect(await replyJobs.end(world.deps, claim, complete)).toBeNull();
      expect(await world.deps.db.aiUsage.findMany()).toMatchObject([{ userId: world.owner.user.id, tokens: 111n }]);
      const whole = await finished(world);
      await remove(world, world.owner, whole.id);
      await replyJobs.end(world.deps, { id: whole.id, attempt: 1 }, complete);
      expect(await world.deps.db.aiUsage.findMany()).toMatchObject([{ tokens: 222n }]);
    });

    test('ends one that waits, and no worker gets it', async () => {
      await using world = await createTestWorld(kind);
      const reply = await ask(world);
      expect(await remove(world, world.owner, reply.id)).toMatchObject({ status: 'stopped', content: '' });
      expect(await replyJobs.claim(world.deps, reply.id, worker)).toBeNull();
    });

    test('is for who asked and for moderators', async () => {
      await using world = await createTestWorld(kind);
      const [ben, cat] = [await world.registerMember('ben'), await world.registerMember('cat')];
      const reply = await finished(world, ben);
      await expect(remove(world, cat, reply.id)).rejects.toMatchObject({ code: 'FORBIDDEN' });
      expect((await remove(world, ben, reply.id)).deletedAt).not.toBeNull();
    });

    test('an edited question is asked as it says now, also by who waits for its turn; a forgotten one stays forgotten', async () => {
      await using world = await createTestWorld(kind);
      await placeCharacter(world.deps, world.room.id, { handle: 'lin' });
      await placeCharacter(world.deps, world.room.id, { handle: 'vic', autoReply: 'always' });
      const { message, replies } = await send(world, world.owner, '@ada, the code is 4711. @lin too');
      const asked = async () => {
        const jobs = await world.deps.db.job.findMany({ where: { id: { in: replies.map(({ id }) => id) } } });
        return replies.map(({ id }) => (jobs.find((job) => job.id === id)!.request as { question: string | null }).question);
      };
      expect(await asked()).toEqual(['the code is 4711. @lin too', '@ada, the code is 4711. @lin too', '@ada, the code is 4711. @lin too']);
      await edit(world, world.owner, message.id, '@lin, what is the code?');
      expect(await asked()).toEqual(['@lin, what is the code?', 'what is the code?', '@lin, what is the code?']);
      const claim = (await replyJobs.claim(world.deps, replies[1]!.id, worker))!;
      expect(claim.request.question).toBe('what is the code?');
      await hide(world, world.owner, message.id);
      await edit(world, world.owner, message.id, 'never mind');
      expect(await asked()).toEqual([null, null, null]);
    });

    test('a deleted question leaves nothing of itself in the jobs that it made', async () => {
      await using world = await createTestWorld(kind);
      const reply = await finished(world);
      await remove(world, world.owner, reply.reply!.trigger.messageId);
      const job = await world.deps.db.job.findUniqueOrThrow({ where: { id: reply.id } });
      expect(job.request).toMatchObject({ question: null });
    });

    test('nor in one that waits or is being written; that goes on, and is not begun again', async () => {
      await using world = await createTestWorld(kind);
      for (const begun of [false, true]) {
        const { message, replies } = await send(world, world.owner, '@ada a thing I should not have said');
        const { id } = replies[0]!;
        const claim = begun ? await replyJobs.claim(world.deps, id, worker) : null;
        await remove(world, world.owner, message.id);
        const job = await world.deps.db.job.findUniqueOrThrow({ where: { id } });
        expect(job.request).toMatchObject({ question: null });
        if (claim) expect(await replyJobs.handBack(world.deps, claim)).toBe('requeued');
        expect(await replyJobs.claim(world.deps, id, worker)).toBeNull();
        const row = await world.deps.db.message.findUniqueOrThrow({ where: { id } });
        expect(row).toMatchObject({ status: 'failed', error: { code: 'QUESTION_DELETED' } });
      }
    });
  });
}
