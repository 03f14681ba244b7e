import { describe, expect, test } from 'vitest';
import type { MessageView } from '@parley/contracts';
import { exportRoom } from '../export/export-room.js';
import { loadConversation } from '../memory/load-conversation.js';
import { remove } from '../messages/testing-changes.js';
import { eventsOn, head } from '../messages/testing-messages.js';
import { searchMessages } from '../messages/search-messages.js';
import { updateRoom } from '../rooms/update-room.js';
import { loadChanges } from '../sync/load-changes.js';
import { createTestWorld, type TestUser, type TestWorld } from '../testing/index.js';
import { callsFromReply } from './calls-from-reply.js';
import { chooseVersion } from './choose-version.js';
import { listReplyVersions } from './list-versions.js';
import { regenerateReply, type RegenerateInput } from './regenerate-reply.js';
import { replyJobs, type ReplyEnd } from './reply-sink.js';
import { ask, claimed, complete, worker } from './testing-replies.js';

function choose(world: TestWorld, by: TestUser, messageId: string, attempt: number): Promise<MessageView> {
  return world.access.runOfMessage(by.actor, messageId, 'replies.choose', (reply) => chooseVersion(world.deps, reply, { attempt }));
}

function regenerate(world: TestWorld, by: TestUser, messageId: string, input: RegenerateInput = {}): Promise<MessageView> {
  return world.access.runOfMessage(by.actor, messageId, 'replies.regenerate', (reply) => regenerateReply(world.deps, reply, input));
}

function attempts(world: TestWorld, messageId: string): Promise<number[]> {
  return world.access.runOfMessage(world.owner.actor, messageId, 'replies.versions', async (reply) =>
    (await listReplyVersions(world.deps, reply)).map(({ attempt }) => attempt),
  );
}

/** Has a reply written again and ends it. */
async function again(world: TestWorld, id: string, end: Partial<ReplyEnd>, input: RegenerateInput = {}): Promise<MessageView> {
  await regenerate(world, world.owner, id, input);
  return (await replyJobs.end(world.deps, (await replyJobs.claim(world.deps, id, worker))!, { ...complete, ...end }))!;
}

/** A reply of three attempts: `Tea, at four.`, `second`, `third`. */
async function thrice(world: TestWorld, by = world.owner): Promise<MessageView> {
  const claim = await claimed(world, by);
  await replyJobs.end(world.deps, claim, complete);
  await again(world, claim.id, { content: 'second', model: 'test:other' });
  return again(world, claim.id, { content: 'third' });
}

export function chooseVersionSuite(kind: 'pglite' | 'postgres'): void {
  describe(`the chosen version of a reply (${kind})`, () => {
    test('is its text for everyone, live and replayed, and choosing another undoes it', async () => {
      await using world = await createTestWorld(kind);
      const third = await thrice(world);
      const before = await head(world);
      world.bus.clear();
      const chosen = await choose(world, world.owner, third.id, 2);
      expect(chosen).toMatchObject({
        seq: third.seq,
        rev: before.rev + 1,
        attempt: 3,
        status: 'complete',
        content: 'second',
        reply: { model: 'test:other', chosen: 2, askedBy: world.owner.user.id },
      });
      expect(await head(world)).toMatchObject({ seq: before.seq, rev: before.rev + 1 });
      expect(eventsOn(world)).toEqual([{ type: 'message', rev: chosen.rev, message: chosen }]);
      expect((await loadChanges(world.deps, world.room.id, before.rev, 10)).events).toEqual(eventsOn(world));
      expect(await attempts(world, third.id)).toEqual([1, 3]);
      expect(await choose(world, world.owner, third.id, 1)).toMatchObject({ content: complete.content, reply: { chosen: 1 } });
      expect(await choose(world, world.owner, third.id, 3)).toEqual({ ...third, rev: before.rev + 3 });
      expect(await attempts(world, third.id)).toEqual([1, 2]);
      // What is shown is chosen already.
      expect(await choose(world, world.owner, third.id, 3)).toEqual({ ...third, rev: before.rev + 3 });
    });

    test('is what later prompts see, what the search finds and what exports hold', async () => {
      await using world = await createTestWorld(kind);
      const third = await thrice(world);
      await choose(world, world.owner, third.id, 2);
      const next = await claimed(world, world.owner);
      const said = await loadConversation(world.deps, next, { limit: 10, scope: null });
      expect(said.filter(({ messageId }) => messageId === third.id)).toMatchObject([{ content: 'second' }]);
      const found = async (query: string) =>
        (await searchMessages(world.deps, world.owner.actor, { query, limit: 10 })).items.map(({ content }) => content);
      expect(await found('second')).toEqual(['second']);
      expect(await found('third')).toEqual([]);
      let file = '';
      for await (const chunk of exportRoom({ ...world.deps, rooms: world.access }, world.owner.actor, { roomId: world.room.id }))
        file += chunk;
      expect(file).toContain('"content":"second"');
      expect(file).not.toContain('third');
    });

    test('calls nobody by its mentions, and a next attempt begins from it and keeps every text', async () => {
      await using world = await createTestWorld(kind);
      const claim = await claimed(world);
      const calling = 'Ask @socrates.';
      await replyJobs.end(world.deps, claim, {
        ...complete,
        content: calling,
        calls: await callsFromReply(claim, calling, { maxDepth: 2 }),
      });
      await again(world, claim.id, { content: 'second' });
      const before = await head(world);
      world.bus.clear();
      await choose(world, world.owner, claim.id, 1);
      expect(await head(world)).toEqual({ ...before, rev: before.rev + 1 });
      expect(world.bus.enqueued).toEqual([]);
      const queued = await regenerate(world, world.owner, claim.id, { instruction: 'shorter' });
      expect(queued.reply).not.toHaveProperty('chosen');
      const next = (await replyJobs.claim(world.deps, claim.id, worker))!;
      expect(next).toMatchObject({ attempt: 3, wish: { of: 1, before: calling, instruction: 'shorter', by: { handle: 'tess' } } });
      expect((await replyJobs.end(world.deps, next, { ...complete, content: 'third' }))!.reply).toMatchObject({ instruction: 'shorter' });
      expect(await attempts(world, claim.id)).toEqual([1, 2]);
    });

    test('is none that failed, has no text or does not exist, and none of a reply under way', async () => {
      await using world = await createTestWorld(kind);
      const claim = await claimed(world);
      await expect(choose(world, world.owner, claim.id, 1)).rejects.toMatchObject({ code: 'REPLY_IN_PROGRESS' });
      await replyJobs.end(world.deps, claim, complete);
      const error = { code: 'MODEL_TIMEOUT', message: 'silent' };
      await again(world, claim.id, { status: 'failed', content: 'half of', error });
      await again(world, claim.id, { status: 'failed', content: '', error });
      await expect(choose(world, world.owner, claim.id, 2)).rejects.toMatchObject({
        code: 'NO_VERSION',
        message: expect.stringContaining('failed'),
        details: { field: 'attempt' },
      });
      for (const attempt of [3, 9]) {
        await expect(choose(world, world.owner, claim.id, attempt)).rejects.toMatchObject({
          code: 'NO_VERSION',
          details: { field: 'attempt' },
        });
      }
      // One that was whole takes the place of the failure, which had no text to keep.
      expect(await choose(world, world.owner, claim.id, 1)).toMatchObject({ status: 'complete', content: complete.content, error: null });
      const question = claim.request.trigger.messageId;
      await expect(choose(world, world.owner, question, 1)).rejects.toMatchObject({ code: 'MESSAGE_NOT_EDITABLE' });
      await remove(world, world.owner, claim.id);
      await expect(choose(world, world.owner, claim.id, 2)).rejects.toMatchObject({ code: 'MESSAGE_DELETED' });
    });

    test('is for whoever asked and moderators, and for every member where the room says so; who acts pays for the next attempt', async () => {
      await using world = await createTestWorld(kind);
      const [ben, cat] = [await world.registerMember('ben'), await world.registerMember('cat')];
      const third = await thrice(world);
      expect(third.reply!.askedBy).toBe(world.owner.user.id);
      for (const call of [() => choose(world, cat, third.id, 1), () => regenerate(world, cat, third.id)]) {
        await expect(call()).rejects.toMatchObject({ code: 'FORBIDDEN' });
      }
      const bens = (await replyJobs.end(world.deps, await claimed(world, ben), complete))!;
      await expect(choose(world, ben, bens.id, 1)).resolves.toEqual(bens);
      await world.access.run(world.owner.actor, world.room.id, 'rooms.update', (room) =>
        updateRoom(world.deps, room, { replyControl: 'anyone' }),
      );
      expect(await choose(world, cat, third.id, 1)).toMatchObject({ reply: { chosen: 1 } });
      await regenerate(world, cat, third.id, { model: 'test:large' });
      const claim = (await replyJobs.claim(world.deps, third.id, worker))!;
      expect(claim).toMatchObject({ paidBy: cat.user.id, character: { model: 'test:large' }, wish: null });
      await replyJobs.end(world.deps, claim, complete);
      expect(await world.deps.db.aiUsage.findMany({ where: { userId: cat.user.id } })).toMatchObject([{ tokens: 111n }]);
      // The model was of that attempt alone.
      await regenerate(world, world.owner, third.id);
      expect((await replyJobs.claim(world.deps, third.id, worker))!.character.model).toBeNull();
    });

    test('goes with every version and every instruction when the reply is deleted', async () => {
      await using world = await createTestWorld(kind);
      const claim = await claimed(world);
      await replyJobs.end(world.deps, claim, complete);
      await again(world, claim.id, { content: 'second' }, { instruction: 'say my secret' });
      await again(world, claim.id, { content: 'third' }, { instruction: 'another secret' });
      await choose(world, world.owner, claim.id, 1);
      const deleted = await remove(world, world.owner, claim.id);
      expect(deleted).toMatchObject({ content: '', deletedAt: expect.any(String) });
      expect(await attempts(world, claim.id)).toEqual([]);
      const kept = JSON.stringify([
        await world.deps.db.replyVersion.findMany(),
        (await world.deps.db.job.findUniqueOrThrow({ where: { id: claim.id } })).request,
        (await world.deps.db.message.findUniqueOrThrow({ where: { id: claim.id } })).reply,
      ]);
      expect(kept).not.toMatch(/secret|second|third|Tea/);
    });

    test('is not shown to the character before a next attempt while the reply is hidden from AI', async () => {
      await using world = await createTestWorld(kind);
      const claim = await claimed(world);
      await replyJobs.end(world.deps, claim, complete);
      await world.deps.db.message.update({ where: { id: claim.id }, data: { hiddenFromAi: true } });
      await regenerate(world, world.owner, claim.id, { instruction: 'shorter' });
      expect((await replyJobs.claim(world.deps, claim.id, worker))!.wish).toMatchObject({ before: null });
    });

    test('a process of before versions were chosen keeps what was chosen, and loses no text', async () => {
      await using world = await createTestWorld(kind);
      const third = await thrice(world);
      await choose(world, world.owner, third.id, 1);
      // Its statement: the text there is counts as that of the last attempt.
      await world.deps.db.$executeRaw`
        insert into reply_versions (message_id, attempt, content, status, model, usage, finished_at)
        select id, attempt, content, status, null, null, now() from messages where id = ${third.id}::uuid`;
      const rows = await world.deps.db.replyVersion.findMany({ orderBy: { attempt: 'asc' }, select: { attempt: true, content: true } });
      expect(rows).toEqual([
        { attempt: 1, content: complete.content },
        { attempt: 2, content: 'second' },
        { attempt: 3, content: 'third' },
      ]);
      // It leaves what was chosen in the row: of the next attempt that says nothing.
      await world.deps.db.message.update({ where: { id: third.id }, data: { attempt: 4, content: 'fourth' } });
      expect(await attempts(world, third.id)).toEqual([1, 2, 3]);
      expect((await ask(world)).reply).not.toHaveProperty('chosen');
    });
  });
}
