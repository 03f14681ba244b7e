import { randomUUID } from 'node:crypto';
import { helpText, subjects, type PrivateReply } from '@parley/contracts';
import { describe, expect, test } from 'vitest';
import { StaleMembershipError } from '../rooms/authorized-room.js';
import { leaveRoom } from '../rooms/leave-room.js';
import { createTestWorld } from '../testing/index.js';
import { answerPrivately } from './answer-privately.js';
import { postMessage } from './post-message.js';
import { sendMessage } from './send-message.js';
import { authorize, eventsOn, head } from './testing-messages.js';

export function postMessageSuite(kind: 'pglite' | 'postgres'): void {
  describe('postMessage', () => {
    test('/help answers its asker alone and leaves the room as it was', async () => {
      await using world = await createTestWorld(kind);
      const room = await authorize(world, world.owner);
      const before = await head(world);
      const posted = await postMessage(world.deps, room, { clientId: randomUUID(), content: '/help' });
      expect(posted).toMatchObject({
        message: null,
        replies: [],
        privateReply: { roomId: world.room.id, content: helpText(), status: 'complete' },
      });
      expect(world.bus.published).toEqual([
        {
          subject: subjects.user(world.owner.user.id),
          payload: { type: 'inbox', event: { type: 'privateReply', reply: posted.privateReply } },
        },
      ]);
      expect(await head(world)).toEqual(before);
      const stored = await world.handle.db.privateReply.findMany();
      expect(stored.map(({ id, userId, createdAt }) => ({ id, userId, createdAt: createdAt.toISOString() }))).toEqual([
        { id: posted.privateReply?.id, userId: world.owner.user.id, createdAt: (posted.privateReply as PrivateReply).createdAt },
      ]);
    });

    test('all else is sent to the room', async () => {
      await using world = await createTestWorld(kind);
      const room = await authorize(world, world.owner);
      const posted = await postMessage(world.deps, room, { clientId: randomUUID(), content: 'hello' });
      expect(posted).toMatchObject({ message: { seq: 1, content: 'hello' }, replies: [], privateReply: null });
      expect(eventsOn(world)).toHaveLength(1);
    });

    test('one who left is not answered', async () => {
      await using world = await createTestWorld(kind);
      const ben = await world.registerMember('ben');
      const room = await authorize(world, ben);
      await world.access.run(ben.actor, world.room.id, 'rooms.leave', (target) => leaveRoom(world.deps, target));
      await expect(answerPrivately(world.deps, room, { name: 'help' })).rejects.toBeInstanceOf(StaleMembershipError);
      expect(await world.handle.db.privateReply.count()).toBe(0);
    });

    test('sendMessage itself posts no private command', async () => {
      await using world = await createTestWorld(kind);
      const room = await authorize(world, world.owner);
      await expect(sendMessage(world.deps, room, { clientId: randomUUID(), content: '/help' })).rejects.toBeInstanceOf(TypeError);
      expect((await head(world)).seq).toBe(0);
    });
  });
}
