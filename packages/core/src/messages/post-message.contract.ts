import { randomUUID } from 'node:crypto';
import { AppError, replyErrors, channels, type PrivateReply } from '@parley/contracts';
import { helpText } from '@parley/contracts/commands';
import { describe, expect, test } from 'vitest';
import { addCharacter } from '../characters/add-character.js';
import { createCharacter } from '../characters/create-character.js';
import { deleteCharacter } from '../characters/delete-character.js';
import { removeCharacter } from '../characters/remove-character.js';
import { StaleMembershipError } from '../access/authorized-room.js';
import { leaveRoom } from '../members/leave-room.js';
import { removeOwnAccount } from '../privacy/remove-person.js';
import { openDirectRoom } from '../rooms/open-direct-room.js';
import { removeMember } from '../members/remove-member.js';
import { RoomAccess } from '../access/room-access.js';
import { createTestWorld } from '../testing/index.js';
import { answerPrivately } from './answer-privately.js';
import { postMessage } from './post-message.js';
import { authorize, eventsOn, head, send } from './testing-messages.js';

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
          subject: channels.user(world.owner.user.id).subject,
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

    test('nothing is added to a direct room whose other side is gone, with a sentence; a repeat is answered as at first', async () => {
      await using world = await createTestWorld(kind);
      const { owner, deps } = world;
      const { character } = await createCharacter(deps, owner.actor, {
        handle: 'haddock',
        name: 'Captain Haddock',
        tagline: '',
        systemPrompt: 'Curse.',
        model: null,
        temperature: null,
        greeting: '',
      });
      const bo = await world.register('bo');
      const [withCharacter, withBo] = [
        await openDirectRoom(deps, owner.actor, { characterId: character.id }),
        await openDirectRoom(deps, owner.actor, { username: 'bo' }),
      ];
      const post = (roomId: string, content: string, clientId: string = randomUUID()) =>
        world.access.run(owner.actor, roomId, 'messages.send', (room) => postMessage(deps, room, { clientId, content }));
      const clientId = randomUUID();
      const first = await post(withCharacter.id, 'ahoy', clientId);
      expect((await post(withBo.id, 'hello', clientId)).message).toMatchObject({ content: 'hello' });
      await deleteCharacter(deps, owner.actor, character.id);
      await removeOwnAccount({ ...deps, rooms: world.access }, bo.actor, { password: bo.password });
      const before = [await head(world, withCharacter.id), await head(world, withBo.id)];
      for (const content of ['anyone?', '/ask anyone?', '/help']) {
        await expect(post(withCharacter.id, content)).rejects.toMatchObject({ code: 'CHARACTER_NOT_FOUND', message: /was deleted/ });
        await expect(post(withBo.id, content)).rejects.toMatchObject({ code: 'USER_NOT_FOUND', message: /was closed/ });
      }
      expect([await head(world, withCharacter.id), await head(world, withBo.id)]).toEqual(before);
      expect((await post(withCharacter.id, 'ahoy', clientId)).message?.id).toBe(first.message!.id);
    });

    test('who asks for today means the day of their time zone, also in private and when the call is repeated', async () => {
      await using world = await createTestWorld(kind);
      const room = await authorize(world, world.owner);
      const asked = { clientId: randomUUID(), content: '/summary today private', timeZone: 'America/New_York' };
      const first = await postMessage(world.deps, room, asked);
      expect(await postMessage(world.deps, room, asked)).toEqual(first);
      // An older process, which hands on no time zone, answers a repeat alike.
      expect(await postMessage(world.deps, room, { ...asked, timeZone: undefined })).toEqual(first);
      await postMessage(world.deps, room, { ...asked, clientId: randomUUID(), content: '/summary today' });
      await postMessage(world.deps, room, { clientId: randomUUID(), content: '/summary today' });
      const jobs = await world.handle.db.job.findMany({ orderBy: { createdAt: 'asc' } });
      expect(jobs.map(({ request }) => (request as { scope: unknown }).scope)).toEqual([
        { kind: 'today', timeZone: 'America/New_York' },
        { kind: 'today', timeZone: 'America/New_York' },
        { kind: 'today' },
      ]);
    });

    test('a summary since a message of another room, or of none, is refused and posts nothing', async () => {
      await using world = await createTestWorld(kind);
      const lobby = await world.deps.db.room.findFirstOrThrow({ where: { name: 'Lobby' } });
      const elsewhere = await send(world, world.owner, 'elsewhere', {}, lobby.id);
      const room = await authorize(world, world.owner);
      const before = await head(world);
      for (const id of [elsewhere.message.id, randomUUID()]) {
        for (const content of [`/summary since #message-${id}`, `/summary since ${id} private`]) {
          await expect(postMessage(world.deps, room, { clientId: randomUUID(), content })).rejects.toMatchObject({
            code: 'COMMAND_ARGUMENT',
            message: /no message in this room/,
            details: { field: 'content' },
          });
        }
      }
      expect(await head(world)).toEqual(before);
    });

    test('a repeat returns the first answer, though nobody who could answer is in the room any more', async () => {
      await using world = await createTestWorld(kind);
      const ada = await world.handle.db.character.findFirstOrThrow({ where: { handle: 'ada' } });
      const post = (clientId: string, content: string) =>
        world.access.run(world.owner.actor, world.room.id, 'messages.send', (room) => postMessage(world.deps, room, { clientId, content }));
      const [asked, summary] = [randomUUID(), randomUUID()];
      const first = await post(asked, '/ask what is new?');
      const own = await post(summary, '/summary private 20');
      await world.access.run(world.owner.actor, world.room.id, 'rooms.removeCharacter', (room) =>
        removeCharacter(world.deps, room, ada.id),
      );
      const before = await head(world);

      expect(await post(asked, '/ask what is new?')).toEqual(first);
      expect(await post(summary, '/summary private 20')).toEqual(own);
      for (const [clientId, content] of [
        [asked, '/ask something else'],
        [asked, '/summary private 20'],
        [summary, '/summary private 21'],
        [summary, '/ask what is new?'],
      ] as const) {
        await expect(post(clientId, content)).rejects.toMatchObject({ code: 'CLIENT_ID_REUSED' });
      }
      await expect(post(randomUUID(), '/ask what is new?')).rejects.toMatchObject({ code: 'CHARACTER_NOT_FOUND' });
      expect(await head(world)).toEqual(before);
    });

    describe('calls to the AI that are not admitted', () => {
      const refusing = (code: 'RATE_LIMITED' | 'UNAVAILABLE' | 'AI_BUDGET_EXCEEDED' | 'INTERNAL') => async () => {
        throw new AppError(code);
      };

      test('a command is refused and leaves nothing; a repeat of one from before is answered', async () => {
        await using world = await createTestWorld(kind);
        const post = (clientId: string, content: string, admitAiCall?: () => Promise<void>) =>
          world.access.run(world.owner.actor, world.room.id, 'messages.send', (room) =>
            postMessage(world.deps, room, { clientId, content, ...(admitAiCall && { admitAiCall }) }),
          );
        const commands = ['/ask what is new?', '/summary 20', '/summary private 20'];
        const posted = await Promise.all(commands.map(async (content) => ({ content, id: randomUUID() })));
        const first = [];
        for (const { id, content } of posted) first.push(await post(id, content));
        const before = await head(world);
        for (const code of ['RATE_LIMITED', 'UNAVAILABLE', 'AI_BUDGET_EXCEEDED'] as const) {
          for (const [i, { id, content }] of posted.entries()) {
            await expect(post(randomUUID(), content, refusing(code))).rejects.toMatchObject({ code });
            expect(await post(id, content, refusing(code))).toEqual(first[i]);
          }
        }
        await expect(post(posted[0]!.id, '/ask something else', refusing('RATE_LIMITED'))).rejects.toMatchObject({
          code: 'CLIENT_ID_REUSED',
        });
        expect(await head(world)).toEqual(before);
        expect(await world.handle.db.privateReply.count()).toBe(1);
      });

      test.each([
        ['RATE_LIMITED', 'AI_RATE_LIMITED'],
        ['UNAVAILABLE', 'AI_PAUSED'],
        ['AI_BUDGET_EXCEEDED', 'AI_BUDGET_EXCEEDED'],
      ] as const)('a message is posted all the same, and the reply it calls for says why there is none (%s)', async (code, reason) => {
        await using world = await createTestWorld(kind);
        const call = { clientId: randomUUID(), content: 'what does @ada think?', admitAiCall: refusing(code) };
        const post = () =>
          world.access.run(world.owner.actor, world.room.id, 'messages.send', (room) => postMessage(world.deps, room, call));
        const posted = await post();
        expect(posted).toMatchObject({
          message: { seq: 1, content: 'what does @ada think?' },
          replies: [
            {
              seq: 2,
              status: 'failed',
              attempt: 0,
              content: '',
              error: { code: reason, message: replyErrors[reason] },
              reply: { askedBy: world.owner.user.id, startedAt: null, finishedAt: expect.stringMatching(/^\d{4}-.*Z$/) },
            },
          ],
        });
        expect(eventsOn(world)).toMatchObject([{ message: posted.message }, { message: posted.replies[0] }]);
        expect(await post()).toEqual(posted);
        // The job is done, so no worker looks for it. People who may can still have the reply written.
        const jobs = await world.handle.db.job.findMany();
        expect(jobs).toMatchObject([{ state: 'done', attempt: 0, finishedAt: expect.any(Date) }]);
        expect(world.bus.enqueued).toEqual([]);
      });

      test('a post that calls no AI asks for no admission, and an error that is no refusal fails the call', async () => {
        await using world = await createTestWorld(kind);
        const room = await authorize(world, world.owner);
        const post = (content: string) =>
          postMessage(world.deps, room, { clientId: randomUUID(), content, admitAiCall: refusing('INTERNAL') });
        expect(await post('hello')).toMatchObject({ message: { content: 'hello' }, replies: [] });
        expect((await post('/help')).privateReply).not.toBeNull();
        for (const content of ['@ada hello', '/ask why?', '/summary private'])
          await expect(post(content)).rejects.toMatchObject({ code: 'INTERNAL' });
      });
    });

    test('a command is not refused by what this process remembers of who is in the room', async () => {
      await using world = await createTestWorld(kind);
      const ada = await world.handle.db.character.findFirstOrThrow({ where: { handle: 'ada' } });
      const { actor } = world.owner;
      await world.access.run(actor, world.room.id, 'rooms.removeCharacter', (room) => removeCharacter(world.deps, room, ada.id));
      await send(world, world.owner, 'hello');
      const elsewhere = new RoomAccess(world.deps);
      await elsewhere.run(actor, world.room.id, 'rooms.addCharacter', (room) =>
        addCharacter(world.deps, room, { characterId: ada.id, autoReply: 'mention' }),
      );
      const posted = await world.access.run(actor, world.room.id, 'messages.send', (room) =>
        postMessage(world.deps, room, { clientId: randomUUID(), content: '/ask are you back?' }),
      );
      expect(posted.replies).toMatchObject([{ author: { handle: 'ada' }, status: 'queued' }]);
    });

    test('a person who was removed on another instance is given no private answer again', async () => {
      await using world = await createTestWorld(kind);
      const ben = await world.registerMember('ben');
      const summary = randomUUID();
      const post = (content: string) =>
        world.access.run(ben.actor, world.room.id, 'messages.send', (room) =>
          postMessage(world.deps, room, { clientId: summary, content }),
        );
      const first = await post('/summary private 20');
      expect(await post('/summary private 20')).toEqual(first);
      await new RoomAccess(world.deps).run(world.owner.actor, world.room.id, 'rooms.removeMember', (room) =>
        removeMember(world.deps, room, ben.user.username),
      );
      for (const content of ['/summary private 20', '/summary private 21', '/help']) {
        await expect(post(content)).rejects.toMatchObject({ code: 'FORBIDDEN' });
      }
    });

    test('a person who left is not answered', async () => {
      await using world = await createTestWorld(kind);
      const ben = await world.registerMember('ben');
      const room = await authorize(world, ben);
      await world.access.run(ben.actor, world.room.id, 'rooms.leave', (target) => leaveRoom(world.deps, target));
      await expect(answerPrivately(world.deps, room, { name: 'help', args: '' })).rejects.toBeInstanceOf(StaleMembershipError);
      expect(await world.handle.db.privateReply.count()).toBe(0);
    });
  });
}
