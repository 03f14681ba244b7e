import { describe, expect, test } from 'vitest';
import { loadConversation } from '../memory/load-conversation.js';
import { summaryApart } from '../memory/room-summary.js';
import { send } from '../messages/testing-messages.js';
import { createTestWorld, placeCharacter } from '../testing/index.js';
import { regenerateReply } from './regenerate-reply.js';
import { replyJobs } from './reply-sink.js';
import { complete, worker } from './testing-replies.js';

export function sideBySideSuite(kind: 'pglite' | 'postgres'): void {
  describe(`a question put to several (${kind})`, () => {
    test('is one message and a reply of each, each of a job of its own, which is told nothing of what the others answer', async () => {
      await using world = await createTestWorld(kind);
      await placeCharacter(world.deps, world.room.id, { handle: 'lin' });
      await send(world, world.owner, 'Tea is at four.');
      const { message, replies } = await send(world, world.owner, '/ask @ada @lin when is tea?');
      expect(replies.map(({ author, seq, replyTo, reply }) => [author.handle, seq, replyTo, reply!.trigger])).toEqual([
        ['ada', message.seq + 1, message.id, { kind: 'ask', messageId: message.id }],
        ['lin', message.seq + 2, message.id, { kind: 'ask', messageId: message.id }],
      ]);
      const [ada, lin] = replies;
      const first = (await replyJobs.claim(world.deps, ada!.id, worker))!;
      expect(first.request).toMatchObject({ question: 'when is tea?', apart: true });
      await replyJobs.end(world.deps, first, { ...complete, content: 'At four, says Ada.' });
      const second = (await replyJobs.claim(world.deps, lin!.id, worker))!;
      const told = async (claim: typeof second) =>
        (await loadConversation(world.deps, claim, { limit: 20, scope: null })).map(({ content }) => content);
      expect(await told(second)).toEqual(['Tea is at four.']);
      await replyJobs.end(world.deps, second, { ...complete, content: 'At four, says Lin.' });
      // Written again it is told no more; who is asked later hears them all.
      await world.access.runOfMessage(world.owner.actor, lin!.id, 'replies.regenerate', (reply) => regenerateReply(world.deps, reply));
      const again = (await replyJobs.claim(world.deps, lin!.id, worker))!;
      expect(await told(again)).toEqual(['Tea is at four.']);
      await replyJobs.end(world.deps, again, complete);
      const later = (await send(world, world.owner, '@lin and cake?')).replies[0]!;
      expect(await told((await replyJobs.claim(world.deps, later.id, worker))!)).toEqual([
        'Tea is at four.',
        '/ask @ada @lin when is tea?',
        'At four, says Ada.',
        complete.content,
      ]);
      // A summary that may be made of the others' answers stands for nothing here.
      const upTo = [again.message.seq - 6, message.seq];
      expect(upTo.map((upToSeq) => summaryApart(again, { upToSeq }))).toEqual([{ upToSeq: upTo[0] }, null]);
    });

    test('stops, fails and is written again one by one', async () => {
      await using world = await createTestWorld(kind);
      await placeCharacter(world.deps, world.room.id, { handle: 'lin' });
      const { replies } = await send(world, world.owner, '/ask @ada @lin when is tea?');
      const [ada, lin] = await Promise.all(replies.map(async ({ id }) => (await replyJobs.claim(world.deps, id, worker))!));
      const error = { code: 'MODEL_TIMEOUT', message: 'silent' };
      expect(await replyJobs.end(world.deps, ada!, { ...complete, status: 'failed', content: '', error })).toMatchObject({
        status: 'failed',
      });
      expect(await replyJobs.end(world.deps, lin!, complete)).toMatchObject({ status: 'complete' });
      expect(
        await world.access.runOfMessage(world.owner.actor, ada!.id, 'replies.regenerate', (reply) => regenerateReply(world.deps, reply)),
      ).toMatchObject({ status: 'queued' });
      expect(await world.deps.db.message.findUniqueOrThrow({ where: { id: lin!.id } })).toMatchObject({ attempt: 1, status: 'complete' });
    });
  });
}
