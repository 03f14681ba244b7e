import { describe, expect, test } from 'vitest';
import { send, eventsOn, head } from '../messages/testing-messages.js';
import { loadChanges } from '../messages/load-changes.js';
import { createTestWorld, placeCharacter, type TestWorld } from '../testing/index.js';
import { askFromReply } from './ask-from-reply.js';
import { claimReply } from './claim-reply.js';
import type { ClaimedReply } from './claimed-reply.js';
import { finishReply } from './finish-reply.js';
import { loadConversation } from './load-conversation.js';
import { complete, worker } from './testing-replies.js';

/** A character's reply with this text, ended. */
async function said(world: TestWorld, content: string, call = '@ada what do you think?') {
  const { replies } = await send(world, world.owner, call);
  return end(world, replies[0]!.id, content);
}

async function end(world: TestWorld, messageId: string, content: string) {
  const claim = (await claimReply(world.deps, messageId, worker))!;
  const message = (await finishReply(world.deps, claim, { ...complete, content }))!;
  return { claim, message };
}

export function askFromReplySuite(kind: 'pglite' | 'postgres'): void {
  describe('askFromReply', () => {
    test('a reply that mentions another character calls it, for whoever asked, and the room is told', async () => {
      await using world = await createTestWorld(kind);
      const linId = await placeCharacter(world.deps, world.room.id, { handle: 'lin' });
      const { claim, message } = await said(world, 'I would ask @lin, or @nobody, or @tess. `@ada`');
      const before = await head(world);
      world.bus.clear();
      const { replies } = await askFromReply(world.deps, claim, message, { maxDepth: 2 });
      expect(replies).toMatchObject([
        {
          seq: before.seq + 1,
          rev: before.rev + 1,
          author: { type: 'character', id: linId, handle: 'lin' },
          status: 'queued',
          replyTo: message.id,
          reply: { askedBy: world.owner.user.id, trigger: { kind: 'mention', messageId: message.id } },
        },
      ]);
      expect(eventsOn(world)).toEqual(replies.map((reply) => ({ type: 'message', rev: reply.rev, message: reply })));
      expect((await loadChanges(world.deps, world.room.id, before.rev, 10)).events).toEqual(eventsOn(world));
      expect(world.bus.enqueued).toEqual(replies.map(({ id }) => id));

      const next = (await claimReply(world.deps, replies[0]!.id, worker))!;
      expect(next).toMatchObject({
        askedBy: { handle: 'tess' },
        calledBy: { type: 'character', handle: 'ada' },
        request: { depth: 1, question: message.content },
      });
      // What called it is part of what it is told, under its author's name.
      const conversation = await loadConversation(world.deps, next, { limit: 10, scope: null });
      expect(conversation.at(-1)).toMatchObject({ messageId: message.id, author: { type: 'character', handle: 'ada' } });
    });

    test('several are called in the order of their mention, each once, and none by itself', async () => {
      await using world = await createTestWorld(kind);
      for (const handle of ['lin', 'socrates']) await placeCharacter(world.deps, world.room.id, { handle });
      const { claim, message } = await said(world, '@socrates, @lin, @Socrates and @ada');
      const { replies } = await askFromReply(world.deps, claim, message, { maxDepth: 1 });
      expect(replies.map(({ author }) => author.handle)).toEqual(['socrates', 'lin']);
      expect(replies.map(({ seq }) => seq)).toEqual([message.seq + 1, message.seq + 2]);
      expect(await askFromReply(world.deps, claim, message, { maxDepth: 1 })).toEqual({ replies: [] });
      // Bounded like a person's message.
      expect((await head(world)).seq).toBe(message.seq + 2);
    });

    test('characters do not set each other off beyond the depth', async () => {
      await using world = await createTestWorld(kind);
      await placeCharacter(world.deps, world.room.id, { handle: 'lin' });
      let turn: { claim: ClaimedReply; message: Awaited<ReturnType<typeof said>>['message'] } = await said(world, 'Well, @lin?');
      const speakers = ['ada'];
      for (;;) {
        const { replies } = await askFromReply(world.deps, turn.claim, turn.message, { maxDepth: 3 });
        if (!replies[0]) break;
        speakers.push(replies[0].author.handle);
        turn = await end(world, replies[0].id, replies[0].author.handle === 'lin' ? 'What does @ada say?' : 'And @lin?');
      }
      expect(speakers).toEqual(['ada', 'lin', 'ada', 'lin']);
      const { claim, message } = await said(world, 'Nobody else, @lin?');
      expect(await askFromReply(world.deps, claim, message, { maxDepth: 0 })).toEqual({ replies: [] });
    });

    test('characters that answer always do not answer characters', async () => {
      await using world = await createTestWorld(kind);
      await placeCharacter(world.deps, world.room.id, { handle: 'echo', autoReply: 'always' });
      const { replies } = await send(world, world.owner, 'hello all');
      expect(replies.map(({ author }) => author.handle)).toEqual(['echo']);
      const { claim, message } = await end(world, replies[0]!.id, 'hello all');
      expect(await askFromReply(world.deps, claim, message, { maxDepth: 5 })).toEqual({ replies: [] });
      const reply = await said(world, 'Echo is a character, I say without the sign.');
      expect(await askFromReply(world.deps, reply.claim, reply.message, { maxDepth: 5 })).toEqual({ replies: [] });
    });

    test('nobody is called by what was stopped, failed, deleted or written in an archived room, nor who has left', async () => {
      await using world = await createTestWorld(kind);
      const linId = await placeCharacter(world.deps, world.room.id, { handle: 'lin' });
      const { claim, message } = await said(world, '@lin?');
      const ask = (changes: Partial<typeof message> = {}) => askFromReply(world.deps, claim, { ...message, ...changes }, { maxDepth: 2 });
      expect(await ask({ status: 'stopped' })).toEqual({ replies: [] });
      const { db } = world.deps;
      const where = { roomId_characterId: { roomId: world.room.id, characterId: linId } };
      const { rev } = await db.roomCharacter.findUniqueOrThrow({ where });
      await db.roomCharacter.update({ where, data: { leftRev: rev } });
      expect(await ask()).toEqual({ replies: [] });
      await db.roomCharacter.update({ where, data: { leftRev: null } });
      await db.room.update({ where: { id: world.room.id }, data: { archivedAt: new Date() } });
      expect(await ask()).toEqual({ replies: [] });
      await db.room.update({ where: { id: world.room.id }, data: { archivedAt: null } });
      await db.message.update({ where: { id: message.id }, data: { deletedAt: new Date() } });
      expect(await ask()).toEqual({ replies: [] });
      await db.message.update({ where: { id: message.id }, data: { deletedAt: null } });
      expect((await ask()).replies).toHaveLength(1);
    });
  });
}
