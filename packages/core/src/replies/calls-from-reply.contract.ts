import type { MessageView } from '@parley/contracts';
import { describe, expect, test } from 'vitest';
import { loadChanges } from '../sync/load-changes.js';
import { hide, remove } from '../messages/testing-changes.js';
import { eventsOn, head, send } from '../messages/testing-messages.js';
import { createTestWorld, placeCharacter, type TestWorld } from '../testing/index.js';
import { callsFromReply } from './calls-from-reply.js';
import { loadConversation } from '../memory/load-conversation.js';
import { regenerateReply } from './regenerate-reply.js';
import { complete, worker } from './testing-replies.js';
import { replyJobs, type ReplyEnd } from './reply-sink.js';

interface Ended {
  message: MessageView;
  /** The replies that it called for. */
  replies: MessageView[];
  /** The line that says why it called nobody. */
  line: MessageView | undefined;
}

/** Has a character reply with this text to what the owner says, and ends the reply. */
async function said(world: TestWorld, content: string, maxDepth = 2, call = '@ada what do you think?'): Promise<Ended> {
  const { replies } = await send(world, world.owner, call);
  return end(world, replies[0]!.id, content, maxDepth);
}

/** Claims a reply and ends it, as a worker does. */
async function end(world: TestWorld, messageId: string, content: string, maxDepth = 2, changes: Partial<ReplyEnd> = {}): Promise<Ended> {
  const claim = (await replyJobs.claim(world.deps, messageId, worker))!;
  world.bus.clear();
  const message = (await replyJobs.end(world.deps, claim, {
    ...complete,
    content,
    ...changes,
    calls: await callsFromReply(claim, content, { maxDepth }),
  }))!;
  const told = eventsOn(world).map((event) => (event as { message: MessageView }).message);
  expect(told[0]).toEqual(message);
  const [line] = told.filter(({ kind }) => kind === 'system');
  return { message, replies: told.slice(1).filter((each) => each !== line), line };
}

export function callsFromReplySuite(kind: 'pglite' | 'postgres'): void {
  describe('a reply that ends', () => {
    test('and mentions another character calls it, for whoever asked, in the same statement, and the room is told', async () => {
      await using world = await createTestWorld(kind);
      const linId = await placeCharacter(world.deps, world.room.id, { handle: 'lin' });
      const { message, replies } = await said(world, 'I would ask @lin, or @nobody, or @tess. `@ada`');
      expect(replies).toMatchObject([
        {
          seq: message.seq + 1,
          rev: message.rev + 1,
          author: { type: 'character', id: linId, handle: 'lin' },
          status: 'queued',
          replyTo: message.id,
          reply: { askedBy: world.owner.user.id, trigger: { kind: 'mention', messageId: message.id } },
        },
      ]);
      expect(await head(world)).toMatchObject({ seq: message.seq + 1, rev: message.rev + 1 });
      expect((await loadChanges(world.deps, world.room.id, message.rev - 1, 10)).events).toEqual(eventsOn(world));
      expect(world.bus.enqueued).toEqual(replies.map(({ id }) => id));

      const next = (await replyJobs.claim(world.deps, replies[0]!.id, worker))!;
      expect(next).toMatchObject({
        askedBy: { handle: 'tess' },
        addressee: { type: 'character', handle: 'ada' },
        request: { depth: 1, question: message.content },
      });
      // The reply that called the character is part of its conversation, under that reply's author.
      const conversation = await loadConversation(world.deps, next, { limit: 10, scope: null });
      expect(conversation.at(-1)).toMatchObject({ messageId: message.id, author: { type: 'character', handle: 'ada' } });
    });

    test('calls several in the order of their mention, each once, however often it is written, and never itself', async () => {
      await using world = await createTestWorld(kind);
      for (const handle of ['lin', 'socrates']) await placeCharacter(world.deps, world.room.id, { handle });
      const { message, replies } = await said(world, '@socrates, @lin, @Socrates and @ada', 1);
      expect(replies.map(({ author }) => author.handle)).toEqual(['socrates', 'lin']);
      expect(replies.map(({ seq }) => seq)).toEqual([message.seq + 1, message.seq + 2]);
      await world.access.runOfMessage(world.owner.actor, message.id, 'replies.regenerate', (reply) => regenerateReply(world.deps, reply));
      expect((await end(world, message.id, '@socrates and @lin, again', 1)).replies).toEqual([]);
      expect((await head(world)).seq).toBe(message.seq + 2);
    });

    test('calls the longest handle that somebody in the room has, and nobody from quotes and code', async () => {
      await using world = await createTestWorld(kind);
      await placeCharacter(world.deps, world.room.id, { handle: 'lin' });
      await placeCharacter(world.deps, world.room.id, { handle: 'lin_' });
      await world.registerMember('lin.yu');
      const called = async (content: string) => (await said(world, content, 1)).replies.map(({ author }) => author.handle);
      expect(await called('@lin.yu?')).toEqual([]);
      expect(await called('@lin_ or')).toEqual(['lin_']);
      expect(await called('@lin.Thanks, @lin- and @lin.')).toEqual(['lin']);
      expect(await called('> @lin\n\n~~~\n@lin\n~~~\n\\@lin @ada.x')).toEqual([]);
    });

    test('calls nobody by what may be half a name, where the text was cut', async () => {
      await using world = await createTestWorld(kind);
      for (const handle of ['lin', 'socrates']) await placeCharacter(world.deps, world.room.id, { handle });
      const called = async (content: string, cut: boolean) => {
        const { replies } = await send(world, world.owner, '@ada what do you think?');
        const claim = (await replyJobs.claim(world.deps, replies[0]!.id, worker))!;
        world.bus.clear();
        await replyJobs.end(world.deps, claim, { ...complete, content, calls: await callsFromReply(claim, content, { maxDepth: 1, cut }) });
        return eventsOn(world)
          .slice(1)
          .map((event) => (event as { message: MessageView }).message.author.handle);
      };
      expect(await called('@socrates, or @lin', true)).toEqual(['socrates']);
      expect(await called('@socrates, or @lin', false)).toEqual(['socrates', 'lin']);
      expect(await called('@socrates, or @lin ', true)).toEqual(['socrates', 'lin']);
      // Only so much is read: the rest may be the other half.
      expect(await called(`@socrates ${'x'.repeat(32_768 - 15)} @linda`, false)).toEqual(['socrates']);
    });

    test('does not set off others beyond the depth', async () => {
      await using world = await createTestWorld(kind);
      await placeCharacter(world.deps, world.room.id, { handle: 'lin' });
      let turn = await said(world, 'Well, @lin?', 3);
      const speakers = ['ada'];
      while (turn.replies[0]) {
        const [{ id, author }] = turn.replies as [MessageView];
        speakers.push(author.handle);
        turn = await end(world, id, author.handle === 'lin' ? 'What does @ada say?' : 'And @lin?', 3);
      }
      expect(speakers).toEqual(['ada', 'lin', 'ada', 'lin']);
      expect(turn.line).toMatchObject({ kind: 'system', system: { type: 'charactersStopped' }, seq: turn.message.seq + 1 });
      expect((await loadChanges(world.deps, world.room.id, turn.message.rev - 1, 10)).events).toEqual(eventsOn(world));
      expect((await said(world, 'Nobody else, @lin?', 0)).replies).toEqual([]);
    });

    test('is asked about as it is now, however far below it the answers are, and not at all once it is hidden', async () => {
      await using world = await createTestWorld(kind);
      await placeCharacter(world.deps, world.room.id, { handle: 'lin' });
      const { replies } = await send(world, world.owner, '@ada what do you think?');
      // More is said before the answer ends than a message may have answers right below it.
      for (let count = 0; count < 8; count++) await send(world, world.owner, 'meanwhile');
      const { message, replies: called } = await end(world, replies[0]!.id, 'The code is 4711, @lin.');
      const { id } = called[0]!;
      const again = (messageId: string) =>
        world.access.runOfMessage(world.owner.actor, messageId, 'replies.regenerate', (reply) => regenerateReply(world.deps, reply));
      const question = async () => (await replyJobs.claim(world.deps, id, worker))?.request.question;
      expect(await question()).toBe('The code is 4711, @lin.');
      await replyJobs.end(world.deps, { id, attempt: 1 }, complete);
      await again(message.id);
      await end(world, message.id, 'I do not say, @lin.');
      await again(id);
      expect(await question()).toBe('I do not say, @lin.');
      await replyJobs.end(world.deps, { id, attempt: 2 }, complete);
      await hide(world, world.owner, message.id);
      await expect(again(id)).rejects.toMatchObject({ code: 'MESSAGE_DELETED' });
      await hide(world, world.owner, message.id, false);
      await again(id);
      await hide(world, world.owner, message.id);
      expect(await question()).toBeUndefined();
      expect(await world.deps.db.message.findUniqueOrThrow({ where: { id } })).toMatchObject({
        status: 'failed',
        error: { code: 'QUESTION_DELETED' },
      });
    });

    test('is not answered by characters that answer always', async () => {
      await using world = await createTestWorld(kind);
      await placeCharacter(world.deps, world.room.id, { handle: 'echo', autoReply: 'always' });
      const { replies } = await send(world, world.owner, 'hello all');
      expect(replies.map(({ author }) => author.handle)).toEqual(['echo']);
      expect((await end(world, replies[0]!.id, 'hello all', 5)).replies).toEqual([]);
      const answers = await send(world, world.owner, '@ada hello');
      const ada = answers.replies.find(({ author }) => author.handle === 'ada')!;
      expect((await end(world, ada.id, 'Echo is a character, I say without the sign.', 5)).replies).toEqual([]);
    });

    test('calls nobody who has left, and nobody in an archived room; one that another attempt ended calls nobody either', async () => {
      await using world = await createTestWorld(kind);
      const linId = await placeCharacter(world.deps, world.room.id, { handle: 'lin' });
      const { db } = world.deps;
      const where = { roomId_characterId: { roomId: world.room.id, characterId: linId } };
      const { rev } = await db.roomCharacter.findUniqueOrThrow({ where });
      await db.roomCharacter.update({ where, data: { leftRev: rev } });
      expect((await said(world, '@lin?')).replies).toEqual([]);
      await db.roomCharacter.update({ where, data: { leftRev: null } });
      const waiting = (await send(world, world.owner, '@ada?')).replies[0]!;
      await db.room.update({ where: { id: world.room.id }, data: { archivedAt: new Date() } });
      expect((await end(world, waiting.id, '@lin?')).replies).toEqual([]);
      await db.room.update({ where: { id: world.room.id }, data: { archivedAt: null } });

      const { replies } = await send(world, world.owner, '@ada again?');
      const claim = (await replyJobs.claim(world.deps, replies[0]!.id, worker))!;
      await remove(world, world.owner, replies[0]!.id);
      const before = await head(world);
      expect(
        await replyJobs.end(world.deps, claim, {
          ...complete,
          content: '@lin?',
          calls: await callsFromReply(claim, '@lin?', { maxDepth: 2 }),
        }),
      ).toBeNull();
      expect(await head(world)).toEqual(before);
      expect((await said(world, '@lin?')).replies).toHaveLength(1);
    });
  });
}
