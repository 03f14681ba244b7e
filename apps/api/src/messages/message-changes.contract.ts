import { randomUUID } from 'node:crypto';
import { replyJobs } from '@parley/core/replies/reply-sink';
import { describe, expect, test } from 'vitest';
import { sharedApi } from '../testing/shared-api.js';

const code = (appCode: string, more: object = {}) =>
  expect.objectContaining({ data: expect.objectContaining({ appCode, ...more }) as object }) as Error;

/** What happens to messages after they were sent, through the client that pages and programs use. */
export function messageChangesSuite(kind: 'pglite' | 'postgres'): void {
  describe(`changes of messages on ${kind}`, () => {
    const world = sharedApi(kind);
    const person = (name: string) => world().register(`${name}-${randomUUID().slice(0, 8)}`);

    async function room() {
      const [owner, guest] = [await person('olga'), await person('gus')];
      const { id: roomId } = await owner.http.rooms.create.mutate({ name: 'Harbour' });
      await guest.http.rooms.join.mutate({ roomId });
      const send = async (content: string, by = owner) => await by.http.messages.send.mutate({ roomId, clientId: randomUUID(), content });
      const last = async () => (await guest.http.messages.list.query({ roomId, limit: 1 })).items[0];
      return { owner, guest, roomId, send, last };
    }

    test('edit, react, pin and delete answer with the message that everyone then reads', async () => {
      const { owner, guest, roomId, send, last } = await room();
      const messageId = (await send('teh harbour')).message!.id;
      const edited = await owner.http.messages.edit.mutate({ messageId, content: 'the harbour' });
      expect(edited).toMatchObject({ content: 'the harbour', editedAt: expect.any(String) as string });
      expect(await last()).toEqual(edited);
      const reacted = await guest.http.messages.react.mutate({ messageId, emoji: '⛵', on: true });
      expect(reacted.reactions).toEqual([{ emoji: '⛵', userIds: [guest.id], count: 1 }]);
      expect(await last()).toEqual(reacted);
      const pinned = await owner.http.messages.pin.mutate({ messageId, on: true });
      expect(await guest.http.messages.pins.query({ roomId })).toEqual([pinned]);
      await expect(guest.http.messages.pin.mutate({ messageId, on: false })).rejects.toEqual(code('FORBIDDEN'));
      await expect(guest.http.messages.edit.mutate({ messageId, content: 'mine' })).rejects.toEqual(code('FORBIDDEN'));
      await expect(guest.http.messages.delete.mutate({ messageId })).rejects.toEqual(code('FORBIDDEN'));
      const deleted = await owner.http.messages.delete.mutate({ messageId });
      expect(deleted).toMatchObject({ content: '', reactions: [], mentions: [], pinnedAt: null, deletedAt: expect.any(String) as string });
      expect(await last()).toEqual(deleted);
      await expect(owner.http.messages.edit.mutate({ messageId, content: 'back' })).rejects.toEqual(code('MESSAGE_DELETED'));
    });

    test('what is no emoji, no text and no cursor is refused with the field', async () => {
      const { owner, send } = await room();
      const messageId = (await send('hello')).message!.id;
      for (const emoji of ['', 'x', '⛵⛵', 'a⛵', '⛵ ', '1', '\u0000', '😀'.repeat(20), '\ud83d']) {
        await expect(owner.http.messages.react.mutate({ messageId, emoji, on: true })).rejects.toEqual(
          code('VALIDATION', { field: 'emoji' }),
        );
      }
      for (const emoji of ['❤️', '👩‍👩‍👧‍👦', '🇩🇪', '1️⃣', '👍🏽']) {
        expect((await owner.http.messages.react.mutate({ messageId, emoji, on: true })).reactions.at(-1)?.emoji).toBe(emoji);
      }
      for (const content of [' \n', '#', '\u200b', '[//]: # (x)']) {
        await expect(owner.http.messages.edit.mutate({ messageId, content })).rejects.toEqual(code('MESSAGE_EMPTY'));
      }
      await expect(owner.http.messages.edit.mutate({ messageId, content: 'ü'.repeat(20_000) })).rejects.toEqual(code('MESSAGE_TOO_LARGE'));
      await expect(owner.http.messages.search.query({ query: 'x', before: 'nonsense' })).rejects.toEqual(
        code('VALIDATION', { field: 'before' }),
      );
      await expect(owner.http.messages.search.query({ query: '  ' })).rejects.toEqual(code('VALIDATION', { field: 'query' }));
    });

    test('search finds in all one’s rooms, in pages, and in one room', async () => {
      const { owner, guest, roomId, send } = await room();
      const { id: diary } = await owner.http.rooms.create.mutate({ name: 'Diary', visibility: 'private' });
      await owner.http.messages.send.mutate({ roomId: diary, clientId: randomUUID(), content: 'lighthouse keeper' });
      for (let n = 1; n <= 3; n++) await send(`lighthouse ${n}`);
      const texts = ({ items }: { items: { content: string }[] }) => items.map(({ content }) => content);
      const first = await owner.http.messages.search.query({ query: 'lighth', limit: 3 });
      expect(texts(first)).toEqual(['lighthouse 3', 'lighthouse 2', 'lighthouse 1']);
      const second = await owner.http.messages.search.query({ query: 'lighth', limit: 3, before: first.next! });
      expect({ texts: texts(second), next: second.next }).toEqual({ texts: ['lighthouse keeper'], next: null });
      expect(texts(await owner.http.messages.search.query({ query: 'lighthouse', roomId: diary }))).toEqual(['lighthouse keeper']);
      expect(texts(await guest.http.messages.search.query({ query: 'keeper' }))).toEqual([]);
      expect(texts(await guest.http.messages.search.query({ query: '"lighthouse 2"', roomId }))).toEqual(['lighthouse 2']);
    });

    test('a reply is written again, and its first text stays readable', async () => {
      const { owner, guest, send } = await room();
      const messageId = (await send('/ask who keeps the light?', guest)).replies[0]!.id;
      await expect(guest.http.replies.regenerate.mutate({ messageId })).rejects.toEqual(code('REPLY_IN_PROGRESS'));
      const core = { db: world().database.db, bus: world().bus, log: { info() {}, warn() {}, error() {} } };
      const claim = await replyJobs.claim(core, messageId, { id: 'test', leaseMs: 60_000 });
      const usage = { inputTokens: 3, outputTokens: 4 };
      await replyJobs.end(core, claim!, {
        status: 'complete',
        content: 'Nobody.',
        model: 'test:model',
        usage,
        error: null,
        stoppedBy: null,
      });
      const stranger = await person('sam');
      await expect(stranger.http.replies.regenerate.mutate({ messageId })).rejects.toEqual(code('FORBIDDEN'));
      expect(await guest.http.replies.regenerate.mutate({ messageId })).toMatchObject({ id: messageId, status: 'queued', content: '' });
      expect(await owner.http.replies.versions.query({ messageId })).toEqual([
        { attempt: 1, content: 'Nobody.', status: 'complete', model: 'test:model', usage, finishedAt: expect.any(String) as string },
      ]);
      expect(await owner.http.replies.stop.mutate({ messageId })).toMatchObject({ status: 'stopped' });
    });
  });
}
