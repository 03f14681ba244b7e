import { inCall, type Call } from '@parley/bus';
import { randomUUID } from 'node:crypto';
import { AppError, channels, type DurableEvent, type InboxEvent } from '@parley/contracts';
import { describe, expect, test } from 'vitest';
import { StaleMembershipError } from '../access/authorized-room.js';
import { leaveRoom } from '../members/leave-room.js';
import { createTestWorld } from '../testing/index.js';
import { loadChanges } from '../sync/load-changes.js';
import { authorize, eventsOn, head, send, sendIn } from './testing-messages.js';

const call: Call = {
  correlationId: 'call-7',
  traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
};

export function sendMessageSuite(kind: 'pglite' | 'postgres'): void {
  describe('sendMessage', () => {
    test('a message takes the next seq and rev, and is told as the feed has it', async () => {
      await using world = await createTestWorld(kind);
      const before = await head(world);
      const { message, replies } = await inCall(call, () => send(world, world.owner, 'Hello, **room**'));
      expect(replies).toEqual([]);
      expect(message).toMatchObject({
        roomId: world.room.id,
        seq: 1,
        rev: before.rev + 1,
        kind: 'text',
        author: { type: 'user', id: world.owner.user.id, name: 'tess', handle: 'tess', avatar: world.owner.user.avatar },
        content: 'Hello, **room**',
        status: null,
        attempt: 0,
        mentions: [],
        reply: null,
      });
      const event: DurableEvent = { type: 'message', rev: message.rev, message };
      expect(world.bus.on(channels.roomEvents(world.room.id))).toEqual([{ events: [event] }]);
      expect(world.bus.publishedFor).toEqual([call, call]);
      expect(world.bus.on(channels.roomHead(world.room.id))).toEqual([
        { seq: 1, rev: message.rev, read: { userId: world.owner.user.id, seq: 1 } },
      ]);
      expect((await loadChanges(world.deps, world.room.id, before.rev, 10)).events).toEqual([event]);
    });

    test('a repeat returns the first message and its replies, takes no number and tells nobody', async () => {
      await using world = await createTestWorld(kind);
      const again = { clientId: randomUUID() };
      const first = await send(world, world.owner, '/ask what is new?', again);
      await send(world, world.owner, 'something after it');
      const headBefore = await head(world);
      world.bus.clear();
      expect(await send(world, world.owner, '/ask what is new?', { clientId: again.clientId.toUpperCase() })).toEqual(first);
      expect(await head(world)).toEqual(headBefore);
      expect(world.bus.published).toEqual([]);
      expect(world.bus.enqueued).toEqual([]);
    });

    test('the same clientId with the same text in another form is a repeat', async () => {
      await using world = await createTestWorld(kind);
      const clientId = randomUUID();
      const { message } = await send(world, world.owner, 'Zo\u00eb', { clientId });
      expect((await send(world, world.owner, 'Zoe\u0308', { clientId })).message).toEqual(message);
    });

    test('the same clientId with another text, or as an answer to another message, is refused', async () => {
      await using world = await createTestWorld(kind);
      const clientId = randomUUID();
      const { message } = await send(world, world.owner, 'one', { clientId });
      await expect(send(world, world.owner, 'two', { clientId })).rejects.toMatchObject({ code: 'CLIENT_ID_REUSED' });
      await expect(send(world, world.owner, 'one', { clientId, replyTo: message.id })).rejects.toMatchObject({ code: 'CLIENT_ID_REUSED' });
      expect((await head(world)).seq).toBe(1);
    });

    test('the same clientId of another person, or in another room, is another message', async () => {
      await using world = await createTestWorld(kind);
      const clientId = randomUUID();
      const other = await world.registerMember('ben');
      const [a, b] = [await send(world, world.owner, 'one', { clientId }), await send(world, other, 'two', { clientId })];
      expect(b.message.seq).toBe(a.message.seq + 1);
    });

    test('answers a message of the same room only', async () => {
      await using world = await createTestWorld(kind);
      const { message } = await send(world, world.owner, 'one');
      expect((await send(world, world.owner, 'two', { replyTo: message.id })).message.replyTo).toBe(message.id);
      const lobby = await world.handle.db.room.findFirstOrThrow({ where: { name: 'Lobby' } });
      const elsewhere = await send(world, world.owner, 'in the lobby', {}, lobby.id);
      for (const replyTo of [randomUUID(), elsewhere.message.id]) {
        await expect(send(world, world.owner, 'three', { replyTo })).rejects.toMatchObject({ code: 'MESSAGE_NOT_FOUND' });
      }
      expect((await head(world)).seq).toBe(2);
    });

    test('a command calls the assistant in the same statement', async () => {
      await using world = await createTestWorld(kind);
      const { message, replies } = await inCall(call, () => send(world, world.owner, '/ask who said tea?'));
      const ada = await world.handle.db.character.findFirstOrThrow({ where: { handle: 'ada' } });
      expect(replies).toHaveLength(1);
      expect(replies[0]).toMatchObject({
        seq: message.seq + 1,
        rev: message.rev + 1,
        kind: 'reply',
        author: { type: 'character', id: ada.id, name: 'Ada', handle: 'ada' },
        content: '',
        status: 'queued',
        attempt: 0,
        replyTo: message.id,
        clientId: null,
        reply: { askedBy: world.owner.user.id, trigger: { kind: 'ask', messageId: message.id }, model: null, startedAt: null },
      });
      expect(world.bus.enqueued).toEqual([replies[0]!.id]);
      expect(eventsOn(world)).toEqual([message, replies[0]!].map((view) => ({ type: 'message', rev: view.rev, message: view })));
      expect(await world.handle.db.job.findMany()).toMatchObject([
        {
          id: replies[0]!.id,
          characterId: ada.id,
          askedBy: world.owner.user.id,
          state: 'queued',
          ...call,
          request: { trigger: { kind: 'ask', messageId: message.id }, question: 'who said tea?', scope: null, standalone: false },
        },
      ]);
    });

    test('what is unread for a summary is what was unread before the call itself', async () => {
      await using world = await createTestWorld(kind);
      const ben = await world.registerMember('ben');
      const { message } = await send(world, ben, 'read by ben as he wrote it');
      await send(world, world.owner, 'one more');
      const { replies } = await send(world, ben, '/summary unread');
      const job = await world.handle.db.job.findUniqueOrThrow({ where: { id: replies[0]!.id } });
      expect(job.request).toMatchObject({ trigger: { kind: 'summary' }, scope: { kind: 'unread', sinceSeq: message.seq } });
    });

    test('an unknown command is not posted, and the nearest is named', async () => {
      await using world = await createTestWorld(kind);
      await expect(send(world, world.owner, '/sumary')).rejects.toMatchObject({
        code: 'UNKNOWN_COMMAND',
        message: expect.stringContaining('/summary'),
        details: { suggestion: 'summary' },
      });
      expect((await head(world)).seq).toBe(0);
    });

    test('mentions name members and characters in the order of the text; only members are told', async () => {
      await using world = await createTestWorld(kind);
      const ben = await world.registerMember('ben');
      const outsider = await world.register('olga');
      world.bus.clear();
      const { message, replies } = await send(world, world.owner, 'hey @ben, @olga, @nobody, @tess and @ada: lunch?');
      const ada = await world.handle.db.character.findFirstOrThrow({ where: { handle: 'ada' } });
      expect(message.mentions).toEqual([ben.user.id, world.owner.user.id, ada.id]);
      expect(replies.map(({ reply }) => reply?.trigger)).toEqual([{ kind: 'mention', messageId: message.id }]);
      const told: { type: 'inbox'; event: InboxEvent } = {
        type: 'inbox',
        event: { type: 'mention', roomId: world.room.id, messageId: message.id },
      };
      expect(world.bus.on(channels.user(ben.user.id))).toEqual([told]);
      expect(world.bus.on(channels.user(outsider.user.id))).toEqual([]);
      expect(world.bus.on(channels.user(world.owner.user.id))).toEqual([]);
      expect(await world.handle.db.roomMention.findMany()).toEqual([
        { userId: ben.user.id, roomId: world.room.id, seq: message.seq, messageId: message.id },
      ]);
    });

    test('a longer handle that a member has is meant, and a shorter one only where nobody has the longer', async () => {
      await using world = await createTestWorld(kind);
      const longer = await world.registerMember('ada.lovelace');
      const ada = await world.handle.db.character.findFirstOrThrow({ where: { handle: 'ada' } });
      const named = await send(world, world.owner, 'is @ada.lovelace here?');
      expect([named.message.mentions, named.replies]).toEqual([[longer.user.id], []]);
      const prose = await send(world, world.owner, 'hi @tess.Thanks, and @ada.Thanks!');
      expect(prose.message.mentions).toEqual([world.owner.user.id, ada.id]);
      expect(prose.replies).toHaveLength(1);
      await world.access.run(longer.actor, world.room.id, 'rooms.leave', (room) => leaveRoom(world.deps, room));
      expect((await send(world, world.owner, 'is @ada.lovelace here?')).message.mentions).toEqual([ada.id]);
    });

    test('sending reads the room up to that message', async () => {
      await using world = await createTestWorld(kind);
      await send(world, world.owner, 'one');
      await send(world, world.owner, '/ask two?');
      const member = await world.handle.db.roomMember.findFirstOrThrow({ where: { roomId: world.room.id, userId: world.owner.user.id } });
      expect(member.lastReadSeq).toBe(2);
    });

    test('a membership that changed since it was read writes nothing', async () => {
      await using world = await createTestWorld(kind);
      const stale = await authorize(world, world.owner);
      await world.registerMember('ben');
      const { seq } = await head(world);
      await expect(sendIn(world.deps, stale, { clientId: randomUUID(), content: 'late' })).rejects.toBeInstanceOf(StaleMembershipError);
      expect((await head(world)).seq).toBe(seq);
    });

    test('a person who left, or whose session ended, writes nothing', async () => {
      await using world = await createTestWorld(kind);
      const ben = await world.registerMember('ben');
      const proof = await authorize(world, ben);
      await world.access.run(ben.actor, world.room.id, 'rooms.leave', (room) => leaveRoom(world.deps, room));
      const { seq } = await head(world);
      const { membersRev } = await world.handle.db.roomCounter.findUniqueOrThrow({ where: { roomId: world.room.id } });
      const attempt = sendIn(world.deps, { ...proof, membersRev }, { clientId: randomUUID(), content: 'from outside' });
      await expect(attempt).rejects.toBeInstanceOf(StaleMembershipError);

      await world.handle.db.session.update({ where: { id: world.owner.actor.sessionId }, data: { revokedAt: new Date() } });
      await expect(send(world, world.owner, 'from an ended session')).rejects.toMatchObject({ code: 'SESSION_REVOKED' });
      expect((await head(world)).seq).toBe(seq);
    });

    test('a bus that throws, and a queue that never answers, do not touch the acknowledgement', async () => {
      await using world = await createTestWorld(kind);
      const room = await authorize(world, world.owner);
      const bus = {
        publish: () => {
          throw new Error('the bus is broken');
        },
        jobs: { enqueue: () => new Promise<boolean>(() => {}) },
      };
      const deps = { ...world.deps, bus: Object.assign(Object.create(world.bus) as typeof world.bus, bus) };
      const sent = await sendIn(deps, room, { clientId: randomUUID(), content: '/ask hello @tess?' });
      expect((await loadChanges(world.deps, world.room.id, sent.message.rev - 1, 10)).events).toMatchObject([
        { message: sent.message },
        { message: sent.replies[0] },
      ]);
      expect(world.logged).toMatchObject([{ level: 'error' }]);
    });

    test('an archived room takes no message, but a repeat still gets its first answer', async () => {
      await using world = await createTestWorld(kind);
      const clientId = randomUUID();
      const first = await send(world, world.owner, 'in time', { clientId });
      world.access.invalidate(world.room.id);
      const archived = { ...(await authorize(world, world.owner)), archived: true };
      expect(await sendIn(world.deps, archived, { clientId, content: 'in time' })).toEqual(first);
      // A person who may have been removed meanwhile is told nothing.
      await expect(sendIn(world.deps, { ...archived, fresh: false }, { clientId, content: 'in time' })).rejects.toBeInstanceOf(
        StaleMembershipError,
      );
      const late = sendIn(world.deps, archived, { clientId: randomUUID(), content: 'late' });
      await expect(late).rejects.toSatisfy((error) => AppError.is(error, 'ROOM_ARCHIVED'));
    });
  });
}
