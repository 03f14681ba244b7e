import { describe, expect, test } from 'vitest';
import { send } from '../messages/testing-messages.js';
import { createTestWorld, type TestWorld } from '../testing/index.js';
import { loadConversation, type ConversationOptions } from './load-conversation.js';
import { ask, claimed, complete, worker } from '../replies/testing-replies.js';
import { replyJobs } from '../replies/reply-sink.js';

/** Sends `call`, and returns what the called character is told. */
async function told(world: TestWorld, call: string, options: Partial<ConversationOptions> = {}): Promise<string[]> {
  const claim = (await replyJobs.claim(world.deps, (await ask(world, world.owner, call)).id, worker))!;
  const said = await loadConversation(world.deps, claim, { limit: 100, scope: claim.request.scope, ...options });
  return said.map(({ content }) => content);
}

export function loadConversationSuite(kind: 'pglite' | 'postgres'): void {
  describe('loadConversation', () => {
    test('holds who said what, in order, up to the reply', async () => {
      await using world = await createTestWorld(kind);
      const ben = await world.registerMember('ben');
      const first = await send(world, ben, 'tea at four');
      const reply = await ask(world);
      await send(world, ben, 'said after the call');
      const claim = (await replyJobs.claim(world.deps, reply.id, worker))!;
      expect(await loadConversation(world.deps, claim, { limit: 10, scope: null })).toEqual([
        {
          messageId: first.message.id,
          seq: first.message.seq,
          author: { type: 'user', id: ben.user.id, name: 'ben', handle: 'ben', avatar: ben.user.avatar },
          content: 'tea at four',
          createdAt: first.message.createdAt,
        },
      ]);
    });

    test('holds replies that have ended with a text, and nothing unfinished, failed, empty or deleted', async () => {
      await using world = await createTestWorld(kind);
      await replyJobs.end(world.deps, await claimed(world), { ...complete, content: 'complete' });
      await replyJobs.end(world.deps, await claimed(world), { ...complete, status: 'stopped', content: 'stopped' });
      await replyJobs.end(world.deps, await claimed(world), { ...complete, status: 'stopped', content: '' });
      await replyJobs.end(world.deps, await claimed(world), { ...complete, status: 'failed', content: 'failed' });
      await claimed(world);
      const { message } = await send(world, world.owner, 'deleted');
      await world.deps.db.message.update({ where: { id: message.id }, data: { deletedAt: new Date() } });
      const said = await told(world, '/ask what now?');
      expect(said.filter((content) => !content.startsWith('/ask'))).toEqual(['complete', 'stopped']);
      expect(said).not.toContain('/ask what now?');
    });

    test('holds nothing of another room', async () => {
      await using world = await createTestWorld(kind);
      const lobby = await world.deps.db.room.findFirstOrThrow({ where: { name: 'Lobby' } });
      await send(world, world.owner, 'a secret of the lobby', {}, lobby.id);
      await send(world, world.owner, 'here');
      expect(await told(world, '/ask what?')).toEqual(['here']);
    });

    test('holds nothing from before its character joined', async () => {
      await using world = await createTestWorld(kind);
      for (const content of ['one', 'two', 'three']) await send(world, world.owner, content);
      await world.deps.db.roomCharacter.updateMany({ where: { roomId: world.room.id }, data: { joinedSeq: 2 } });
      expect(await told(world, '/ask what?')).toEqual(['three']);
      // A scope does not reach further back either.
      expect(await told(world, '/ask what?', { scope: { kind: 'unread', sinceSeq: 0 } })).toEqual(['three', '/ask what?']);
    });

    test('a scope takes the unread, today’s, or the last N; the limit holds for all', async () => {
      await using world = await createTestWorld(kind);
      const ben = await world.registerMember('ben');
      for (const content of ['one', 'two', 'three', 'four']) await send(world, content === 'two' ? world.owner : ben, content);
      const yesterday = new Date(Date.now() - 24 * 60 * 60 * 1000);
      await world.deps.db.message.updateMany({ where: { content: { in: ['one', 'two', 'three'] } }, data: { createdAt: yesterday } });
      expect(await told(world, '/summary unread')).toEqual(['three', 'four']);
      expect(await told(world, '/summary today')).toEqual(['four', '/summary unread']);
      expect(await told(world, '/summary', { limit: 1 })).toEqual(['/summary today']);
      await replyJobs.end(world.deps, await claimed(world), { ...complete, content: 'an answer to a command' });
      expect(await told(world, '/summary 2')).toEqual(['three', 'four']);
    });

    test('since a message holds it and what came after it, and nothing where that message is of another room', async () => {
      await using world = await createTestWorld(kind);
      const lobby = await world.deps.db.room.findFirstOrThrow({ where: { name: 'Lobby' } });
      const elsewhere = await send(world, world.owner, 'elsewhere', {}, lobby.id);
      await send(world, world.owner, 'before');
      const from = await send(world, world.owner, 'from here');
      await send(world, world.owner, 'on');
      expect(await told(world, '/ask what?', { scope: { kind: 'since', messageId: from.message.id } })).toEqual(['from here', 'on']);
      expect(await told(world, '/ask what?', { scope: { kind: 'since', messageId: elsewhere.message.id } })).toEqual([]);
    });

    test('today is the asker’s day', async () => {
      await using world = await createTestWorld(kind);
      const claim = await claimed(world);
      // Half past midnight in UTC, the evening before in New York.
      const { id, seq } = claim.message;
      const late = { ...claim, message: { id, seq: seq + 10, createdAt: '2026-11-29T00:32:00.000Z' } };
      for (const [content, createdAt] of [
        ['lunch', '2026-11-28T17:00:00Z'],
        ['midnight', '2026-11-29T00:10:00Z'],
        ['last night', '2026-11-28T04:00:00Z'],
      ] as const) {
        const { message } = await send(world, world.owner, content);
        await world.deps.db.message.update({ where: { id: message.id }, data: { createdAt } });
      }
      const of = async (scope: ConversationOptions['scope']) =>
        (await loadConversation(world.deps, late, { limit: 10, scope })).map(({ content }) => content);
      expect(await of({ kind: 'today', timeZone: 'America/New_York' })).toEqual(['lunch', 'midnight']);
      expect(await of({ kind: 'today' })).toEqual(['midnight']);
      expect(await of({ kind: 'yesterday', timeZone: 'America/New_York' })).toEqual(['last night']);
      expect(await of({ kind: 'yesterday' })).toEqual(['lunch', 'last night']);
      expect(await of({ kind: 'week', timeZone: 'America/New_York' })).toEqual(['lunch', 'midnight', 'last night']);
    });
  });
}
