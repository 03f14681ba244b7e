import { randomUUID } from 'node:crypto';
import type { InboxEvent, PrivateReply, RoomEvent } from '@parley/contracts';
import { privateReplyJobs } from '@parley/core/replies/private-reply-sink';
import { tellPrivateProgress } from '@parley/core/replies/tell-private-progress';
import { describe, expect, test } from 'vitest';
import { sharedApi } from '../testing/shared-api.js';
import { Collected } from '../../../../tests/e2e/harness/collected.js';
import type { TestUser } from '../testing/test-api.js';

const code = (appCode: string): unknown => expect.objectContaining({ data: expect.objectContaining({ appCode }) as unknown });

/** `/summary private` as its asker and everyone else meet it; the test is the worker. */
export function privateRepliesSuite(kind: 'pglite' | 'postgres'): void {
  describe(`private summaries on ${kind}`, () => {
    const world = sharedApi(kind, { AI_DAILY_TOKENS_PER_USER: '50', LIMIT_AI_PER_MIN: '3' });
    const person = (name: string) => world().register(`${name}-${randomUUID().slice(0, 8)}`);
    const worker = { id: 'a worker of the test', leaseMs: 60_000 };

    async function room() {
      const [owner, asker] = [await person('olga'), await person('gus')];
      const { id: roomId } = await owner.http.rooms.create.mutate({ name: 'Harbour' });
      await asker.http.rooms.join.mutate({ roomId });
      return { owner, asker, roomId };
    }

    async function inbox(user: TestUser) {
      const events = new Collected<InboxEvent>();
      world()
        .socket(user.accessToken)
        .trpc.inbox.events.subscribe({}, { onData: (event) => events.push(event as InboxEvent) });
      await events.until((items) => items.length > 0);
      const replies = (items: readonly InboxEvent[]) => items.flatMap((event) => (event.type === 'privateReply' ? [event.reply] : []));
      return {
        events,
        replies: () => replies(events.items),
        until: (matches: (reply: PrivateReply) => boolean) => events.until((items) => replies(items).some(matches)),
      };
    }

    const send = (user: TestUser, roomId: string, content: string, clientId: string = randomUUID()) =>
      user.http.messages.send.mutate({ roomId, clientId, content });
    const ask = async (user: TestUser, roomId: string, clientId?: string) =>
      (await send(user, roomId, '/summary private', clientId)).privateReply!;
    const kept = async (user: TestUser) => {
      const { events } = await inbox(user);
      return events.items.flatMap((event) => (event.type === 'snapshot' ? event.privateReplies : []));
    };
    const claim = async (id: string) => (await privateReplyJobs.claim(world().core, id, worker))!;
    const end = { status: 'complete', content: 'Tea, at four.', model: 'test:model', usage: null, error: null } as const;

    test('grow and end on all connections of their asker; nobody else and no room hears of them', async () => {
      const { owner, asker, roomId } = await room();
      const [first, second, other] = [await inbox(asker), await inbox(asker), await inbox(owner)];
      const seen = new Collected<RoomEvent>();
      world()
        .socket(owner.accessToken)
        .trpc.rooms.events.subscribe({ roomId }, { onData: ({ data }) => seen.push(data) });
      await seen.until((items) => items.length > 0);
      const before = await owner.http.messages.list.query({ roomId, limit: 10 });

      const sent = await send(asker, roomId, '/summary private');
      expect(sent).toMatchObject({ message: null, replies: [], privateReply: { roomId, status: 'streaming', content: '' } });
      const { id } = sent.privateReply!;
      const claimed = await claim(id);
      tellPrivateProgress(world().core, claimed, 'Tea,');
      await privateReplyJobs.end(world().core, claimed, end);
      for (const connection of [first, second]) {
        await connection.until(({ status }) => status === 'complete');
        expect(connection.replies().map(({ status, content }) => [status, content])).toEqual([
          ['streaming', ''],
          ['streaming', 'Tea,'],
          ['complete', end.content],
        ]);
      }
      expect(await owner.http.messages.list.query({ roomId, limit: 10 })).toEqual(before);
      const { message } = await send(asker, roomId, 'a message after it');
      expect(message).toMatchObject({ seq: (before.items.at(-1)?.seq ?? 0) + 1, rev: before.rev + 1 });
      await seen.until((items) => items.some((event) => event.type === 'message' && event.message.id === message!.id));
      await other.events.until((items) => items.some((event) => event.type === 'counters'));
      for (const told of [seen.items, other.events.items]) {
        expect(JSON.stringify(told)).not.toContain(id);
        expect(JSON.stringify(told)).not.toContain(end.content);
      }
      expect(await kept(asker)).toMatchObject([{ id, status: 'complete', content: end.content }]);
      expect(await kept(owner)).toEqual([]);
    });

    test('are stopped by their asker alone', async () => {
      const { owner, asker, roomId } = await room();
      const { id } = await ask(asker, roomId);
      await expect(owner.http.replies.stop.mutate({ messageId: id })).rejects.toEqual(code('MESSAGE_NOT_FOUND'));
      await expect(owner.http.replies.regenerate.mutate({ messageId: id })).rejects.toEqual(code('MESSAGE_NOT_FOUND'));
      expect(await asker.http.replies.stop.mutate({ messageId: id })).toMatchObject({ id, status: 'stopped' });
      expect(await privateReplyJobs.claim(world().core, id, worker)).toBeNull();
    });

    test('put away they stay so after a reload, and go from the other connections', async () => {
      const { owner, asker, roomId } = await room();
      const { id } = await ask(asker, roomId);
      const other = await inbox(asker);
      await expect(owner.http.inbox.dismiss.mutate({ id })).rejects.toEqual(code('MESSAGE_NOT_FOUND'));
      await asker.http.inbox.dismiss.mutate({ id });
      await other.events.until((items) => items.some((event) => event.type === 'privateReplyDismissed' && event.id === id));
      expect(await kept(asker)).toEqual([]);
      await expect(asker.http.inbox.dismiss.mutate({ id: randomUUID() })).rejects.toEqual(code('MESSAGE_NOT_FOUND'));
    });

    test('reach nobody who has left the room', async () => {
      const { owner, asker, roomId } = await room();
      const { id } = await ask(asker, roomId);
      const claimed = await claim(id);
      const connection = await inbox(asker);
      await owner.http.rooms.removeMember.mutate({ roomId, username: asker.username });
      await connection.events.until((items) => items.some((event) => event.type === 'room' && event.mine === null));
      await privateReplyJobs.end(world().core, claimed, end);
      const { privateReply } = await send(asker, (await asker.http.rooms.create.mutate({ name: 'Own' })).id, '/help');
      await connection.until((reply) => reply.id === privateReply!.id);
      expect(JSON.stringify(connection.events.items)).not.toContain(end.content);
      expect(await kept(asker)).toMatchObject([{ id: privateReply!.id }]);
      await expect(ask(asker, roomId)).rejects.toEqual(code('FORBIDDEN'));
    });

    test('count as calls of the AI: by the minute, and by tokens; a repeat of one asks for nothing more', async () => {
      const { asker, roomId } = await room();
      const clientId = randomUUID();
      const { id } = await ask(asker, roomId, clientId);
      await privateReplyJobs.end(world().core, await claim(id), { ...end, usage: { inputTokens: 40, outputTokens: 10 } });
      await expect(ask(asker, roomId)).rejects.toEqual(code('AI_BUDGET_EXCEEDED'));
      expect(await ask(asker, roomId, clientId)).toMatchObject({ id, content: end.content });
      await expect(ask(asker, roomId)).rejects.toEqual(code('RATE_LIMITED'));
      expect(await ask(asker, roomId, clientId)).toMatchObject({ id, content: end.content });
    });
  });
}
