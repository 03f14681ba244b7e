import { randomUUID } from 'node:crypto';
import type { InboxEvent } from '@parley/contracts';
import { describe, expect, test } from 'vitest';
import { sharedApi } from '../testing/shared-api.js';
import { Collected } from '../../../../tests/e2e/harness/collected.js';
import type { TestUser } from '../testing/test-api.js';

export function inboxSuite(kind: 'pglite' | 'postgres'): void {
  describe(`inbox on ${kind}`, () => {
    const world = sharedApi(kind, { HEAD_SWEEP_MS: '200' });
    const person = (name: string) => world().register(`${name}-${randomUUID().slice(0, 8)}`);

    async function open(user: TestUser) {
      const { trpc, ws } = world().socket(user.accessToken);
      const events = new Collected<InboxEvent>();
      const subscription = trpc.inbox.events.subscribe({}, { onData: (event) => events.push(event as InboxEvent) });
      await events.until((items) => items.length > 0);
      return { events, ws, stop: () => subscription.unsubscribe() };
    }
    const of = <T extends InboxEvent['type']>(events: Collected<InboxEvent>, type: T) =>
      events.items.filter((event): event is Extract<InboxEvent, { type: T }> => event.type === type);
    const send = (user: TestUser, roomId: string, content: string) =>
      user.http.messages.send.mutate({ roomId, clientId: randomUUID(), content });

    async function room() {
      const [owner, guest] = [await person('olga'), await person('gus')];
      const { id: roomId } = await owner.http.rooms.create.mutate({ name: 'Harbour' });
      await guest.http.rooms.join.mutate({ roomId });
      return { owner, guest, roomId };
    }

    test('begins with every room and what is unread in it', async () => {
      const { owner, guest, roomId } = await room();
      for (let i = 0; i < 3; i++) await send(owner, roomId, `m${i}`);
      await send(owner, roomId, `@${guest.username} look`);
      const { events } = await open(guest);
      expect(events.items[0]).toMatchObject({ type: 'snapshot', privateReplies: [] });
      const snapshot = of(events, 'snapshot')[0]!;
      expect(snapshot.rooms.map(({ room: { name } }) => name).toSorted()).toEqual(['Harbour', 'Lobby']);
      expect(snapshot.rooms.find(({ room: { id } }) => id === roomId)!.mine).toMatchObject({ unread: 4, mentions: 1 });
    });

    test('what is said in rooms that are not open is counted, joined into few events; a mention is told', async () => {
      const { owner, guest, roomId } = await room();
      const { events } = await open(guest);
      const startedAt = performance.now();
      await Promise.all(Array.from({ length: 30 }, (_, i) => send(owner, roomId, `m${i}`)));
      const { message } = await send(owner, roomId, `@${guest.username} look`);
      await events.until(() => of(events, 'counters').some(({ unread, mentions }) => unread === 31 && mentions === 1));
      // Those of a quarter of a second are told as one; how many of these the sends take is the machine's.
      const most = 3 + (performance.now() - startedAt) / 250;
      expect(of(events, 'counters').length).toBeLessThanOrEqual(most);
      expect(of(events, 'mention')).toEqual([{ type: 'mention', roomId, messageId: message!.id }]);
      expect(JSON.stringify(events.items)).not.toContain('look');
    });

    test('joins and leaves are not unread, and a deletion makes fewer unread', async () => {
      const { owner, guest, roomId } = await room();
      const { events } = await open(guest);
      const other = await person('olaf');
      await other.http.rooms.join.mutate({ roomId });
      await other.http.rooms.leave.mutate({ roomId });
      const { message } = await send(owner, roomId, 'one');
      await send(owner, roomId, 'two');
      const last = () => of(events, 'counters').findLast((event) => event.roomId === roomId);
      await events.until(() => last()?.unread === 2);
      for (const { unread } of of(events, 'counters')) expect(unread).toBeLessThan(3);
      await owner.http.messages.delete.mutate({ messageId: message!.id });
      await events.until(() => last()?.unread === 1);
      expect((await guest.http.rooms.get.query({ roomId })).mine.unread).toBe(1);
    });

    test('who left a room is invited to it, not added: in the inbox, until they join or decline', async () => {
      const { owner, guest, roomId } = await room();
      const { events } = await open(guest);
      await guest.http.rooms.leave.mutate({ roomId });
      await events.until(() => of(events, 'room').some(({ mine }) => mine === null));
      const { username } = guest;
      const added = await owner.http.rooms.addMember.mutate({ roomId, username });
      expect(added).toEqual({ user: expect.objectContaining({ username }) as unknown, invitedAt: expect.any(String) as string });
      const waiting = () => of(events, 'snapshot').at(-1)!.invitations;
      await events.until(() => waiting()?.length === 1);
      expect(waiting()).toEqual(await guest.http.rooms.invitations.query());
      expect(waiting()).toMatchObject([{ roomId, roomName: 'Harbour', invitedBy: { username: owner.username } }]);
      expect(
        of(events, 'snapshot')
          .at(-1)!
          .rooms.map(({ room: { name } }) => name),
      ).toEqual(['Lobby']);
      // Again: nothing more is told.
      expect(await owner.http.rooms.addMember.mutate({ roomId, username })).toEqual(added);
      const seen = events.items.length;
      await guest.http.rooms.acceptInvitation.mutate({ roomId });
      await events.until(() => of(events, 'room').some(({ mine }) => mine?.role === 'member'));
      expect(events.items.slice(seen).filter(({ type }) => type === 'snapshot')).toEqual([]);
      expect(await guest.http.rooms.invitations.query()).toEqual([]);

      await guest.http.rooms.leave.mutate({ roomId });
      await owner.http.rooms.addMember.mutate({ roomId, username });
      await events.until(() => waiting()?.length === 1);
      await guest.http.rooms.declineInvitation.mutate({ roomId });
      await events.until(() => waiting()?.length === 0);
      await expect(owner.http.rooms.addMember.mutate({ roomId, username })).rejects.toMatchObject({
        data: { appCode: 'INVITATION_DECLINED', field: 'username' },
      });
    });

    test('what the bus lost is counted all the same', async () => {
      const { owner, guest, roomId } = await room();
      const { events } = await open(guest);
      const { publish } = world().bus;
      world().bus.publish = (channel, payload) => {
        if (!channel.subject.endsWith('.head')) publish.call(world().bus, channel, payload);
      };
      try {
        await send(owner, roomId, 'lost');
        await events.until(() => of(events, 'counters').some(({ unread }) => unread === 1));
      } finally {
        world().bus.publish = publish;
      }
    });

    test('what the bus lost of what it says to one person comes all the same', async () => {
      const { owner, guest } = await room();
      const { id } = await owner.http.rooms.create.mutate({ name: 'Cellar', visibility: 'private' });
      const { events } = await open(guest);
      const { publish } = world().bus;
      world().bus.publish = (channel, payload) => {
        if (!channel.subject.startsWith('user.')) publish.call(world().bus, channel, payload);
      };
      try {
        await owner.http.rooms.addMember.mutate({ roomId: id, username: guest.username });
        await send(owner, id, `@${guest.username} look`);
        const mentioned = () =>
          of(events, 'snapshot').some(({ rooms }) => rooms.some(({ room: { id: each }, mine }) => each === id && mine.mentions === 1));
        await events.until(mentioned);
      } finally {
        world().bus.publish = publish;
      }
    });

    test('reading on one connection tells the others: nothing unread, nobody mentioned', async () => {
      const { owner, guest, roomId } = await room();
      const { events } = await open(guest);
      const { message } = await send(owner, roomId, `@${guest.username} look`);
      const { seq } = message!;
      await events.until(() => of(events, 'counters').some(({ mentions }) => mentions === 1));
      await guest.http.rooms.markRead.mutate({ roomId, seq });
      await events.until(() => of(events, 'counters').at(-1)!.unread === 0);
      expect(of(events, 'counters').at(-1)).toEqual({ type: 'counters', roomId, lastSeq: seq, lastReadSeq: seq, unread: 0, mentions: 0 });
    });

    test('what one says oneself is read by having said it, on every connection; what others say is not', async () => {
      const { owner, guest, roomId } = await room();
      const { events } = await open(guest);
      const { events: others } = await open(owner);
      await send(owner, roomId, `@${guest.username} look`);
      const { message } = await send(guest, roomId, 'I see');
      const { seq } = message!;
      await events.until(() => of(events, 'counters').some(({ lastSeq }) => lastSeq === seq));
      expect(of(events, 'counters').at(-1)).toEqual({ type: 'counters', roomId, lastSeq: seq, lastReadSeq: seq, unread: 0, mentions: 0 });
      await others.until(() => of(others, 'counters').some(({ lastSeq }) => lastSeq === seq));
      expect(of(others, 'counters').at(-1)).toMatchObject({ lastReadSeq: seq - 1, unread: 1 });
    });

    test('rooms that are made, joined and left come and go', async () => {
      const { owner, guest } = await room();
      const { events } = await open(guest);
      const { id } = await owner.http.rooms.create.mutate({ name: 'Quay' });
      const mine = await guest.http.rooms.create.mutate({ name: 'Mine', visibility: 'private' });
      await guest.http.rooms.join.mutate({ roomId: id });
      await guest.http.rooms.leave.mutate({ roomId: id });
      await events.until(() => of(events, 'room').length >= 3);
      const seen = of(events, 'room').map(({ room: { id: roomId }, mine: own }) => [roomId, own?.role ?? null]);
      expect(seen).toEqual([
        [mine.id, 'owner'],
        [id, 'member'],
        [id, null],
      ]);
    });

    test('/help reaches its asker on every connection, and nobody else', async () => {
      const { owner, guest, roomId } = await room();
      const [first, second, others] = [await open(guest), await open(guest), await open(owner)];
      const { privateReply } = await send(guest, roomId, '/help');
      for (const { events } of [first, second]) {
        await events.until(() => of(events, 'privateReply').length === 1);
        expect(of(events, 'privateReply')[0]!.reply).toEqual(privateReply);
      }
      await send(guest, roomId, 'a message after it');
      await others.events.until(() => of(others.events, 'counters').length > 0);
      expect(JSON.stringify(others.events.items)).not.toContain(privateReply!.id);
      expect(of((await open(guest)).events, 'snapshot')[0]!.privateReplies).toEqual([privateReply]);
      expect(of((await open(owner)).events, 'snapshot')[0]!.privateReplies).toEqual([]);
    });

    test('stopped, or cut off, it leaves nothing open', async () => {
      const before = world().api.counts();
      const user = await person('zoe');
      const opened = await Promise.all([open(user), open(user)]);
      expect(world().api.counts().inboxReaders).toBe(before.inboxReaders + 2);
      opened[0]!.stop();
      await opened[1]!.ws.close();
      await expect.poll(() => world().api.counts().inboxReaders).toBe(before.inboxReaders);
    });
  });
}
