import { channels, type RoomView } from '@parley/contracts';
import { describe, expect, test } from 'vitest';
import { loadChanges } from '../sync/load-changes.js';
import { eventsOn, head, send } from '../messages/testing-messages.js';
import { archiveRoom } from '../rooms/archive-room.js';
import { getRoom } from '../rooms/get-room.js';
import { createTestWorld, placeCharacter, type TestUser, type TestWorld } from '../testing/index.js';
import { callsFromReply } from './calls-from-reply.js';
import { pauseAi } from './pause-ai.js';
import { privateReplyJobs } from './private-reply-sink.js';
import { regenerateReply } from './regenerate-reply.js';
import { replyJobs } from './reply-sink.js';
import { askPrivately, claimedPrivately, toldTo } from './testing-private-replies.js';
import { ask, claimed, complete, worker } from './testing-replies.js';

const code = 'ROOM_AI_PAUSED';

function pause(world: TestWorld, paused = true, by: TestUser = world.owner): Promise<RoomView> {
  return world.access.run(by.actor, world.room.id, 'rooms.pauseAi', (room) => pauseAi(world.deps, room, paused));
}

export function pauseAiSuite(kind: 'pglite' | 'postgres'): void {
  describe('pauseAi', () => {
    test('says so in the room, once, until somebody resumes it, and every reader learns of it', async () => {
      await using world = await createTestWorld(kind);
      const before = await head(world);
      world.bus.clear();
      const paused = await pause(world);
      expect(paused).toMatchObject({ rev: before.rev + 1, aiPausedAt: expect.stringMatching(/Z$/) });
      const [room, line] = eventsOn(world);
      expect(room).toEqual({ type: 'room', rev: paused.rev, room: paused });
      expect(line).toMatchObject({ message: { kind: 'system', content: `${world.owner.user.displayName} paused AI here.` } });
      expect((await loadChanges(world.deps, world.room.id, before.rev, 10)).events).toEqual(eventsOn(world));
      world.bus.clear();
      expect(await pause(world)).toEqual(paused);
      expect(world.bus.published).toEqual([]);
      expect((await world.access.run(world.owner.actor, world.room.id, 'rooms.get', (of) => getRoom(world.deps, of))).room).toEqual(paused);

      const resumed = await pause(world, false);
      expect(resumed).not.toHaveProperty('aiPausedAt');
      // The line that said so now says the last of it.
      expect(eventsOn(world)[1]).toMatchObject({ message: { content: `${world.owner.user.displayName} resumed AI here.` } });
      expect(await ask(world)).toMatchObject({ status: 'queued' });
    });

    test('refuses commands to a character, lets a mention say why nobody answers, and has nobody answer unasked', async () => {
      await using world = await createTestWorld(kind);
      await placeCharacter(world.deps, world.room.id, { handle: 'lin', autoReply: 'always' });
      await pause(world);
      await expect(send(world, world.owner, '/ask when is tea?')).rejects.toMatchObject({ code, details: { field: 'content' } });
      await expect(askPrivately(world)).rejects.toMatchObject({ code });
      const { message, replies } = await send(world, world.owner, '@ada when is tea?');
      expect(replies).toMatchObject([{ seq: message.seq + 1, status: 'failed', error: { code }, author: { handle: 'ada' } }]);
      expect((await send(world, world.owner, 'Nobody there?')).replies).toEqual([]);
      // What asks no model goes on, and a failed answer can be had once the pause is over.
      expect(await askPrivately(world, world.owner, '/help')).toMatchObject({ status: 'complete' });
      const again = () =>
        world.access.runOfMessage(world.owner.actor, replies[0]!.id, 'replies.regenerate', (reply) => regenerateReply(world.deps, reply));
      await expect(again()).rejects.toMatchObject({ code });
      await pause(world, false);
      expect(await again()).toMatchObject({ status: 'queued' });
    });

    test('ends what waits with a word, and stops what is being written, of everyone in the room', async () => {
      await using world = await createTestWorld(kind);
      const member = await world.registerMember('mo');
      const running = await claimed(world);
      const runningPrivately = await claimedPrivately(world, member);
      const waiting = [await ask(world), await ask(world, member)];
      const waitingPrivately = await askPrivately(world, member);
      world.bus.clear();
      await pause(world);

      const by = world.owner.user.id;
      const messages = eventsOn(world).flatMap((event) => ('message' in event && event.message.kind === 'reply' ? [event.message] : []));
      expect(messages).toMatchObject(
        waiting.map(({ id }) => ({
          id,
          status: 'failed',
          content: '',
          error: { code },
          reply: { stoppedBy: null, finishedAt: expect.any(String) },
        })),
      );
      expect(toldTo(world, member)).toMatchObject([{ id: waitingPrivately.id, status: 'failed', error: { code } }]);
      for (const { id } of [running, runningPrivately]) {
        expect(world.bus.on(channels.replyStop(id))).toEqual([{ attempt: 1, stoppedBy: by }]);
      }
      expect(await replyJobs.renew(world.deps, running, worker)).toEqual({ fenced: false, stopRequestedBy: by });
      const stopped = await replyJobs.end(world.deps, running, { ...complete, status: 'stopped', content: 'Tea, a' });
      expect(stopped).toMatchObject({ status: 'stopped', content: 'Tea, a', reply: { stoppedBy: by } });
    });

    test('also where it died in between: no worker begins what is left, a renewal stops it, and nobody calls anybody', async () => {
      await using world = await createTestWorld(kind);
      await placeCharacter(world.deps, world.room.id, { handle: 'lin' });
      const member = await world.registerMember('mo');
      const running = await claimed(world);
      const waiting = await ask(world);
      const waitingPrivately = await askPrivately(world);
      await world.deps.db.room.update({
        where: { id: world.room.id },
        data: { aiPausedAt: new Date(), aiPausedBy: member.user.id },
      });
      world.bus.clear();
      expect(await replyJobs.sweep(world.deps, worker)).toBeNull();
      expect(await privateReplyJobs.sweep(world.deps, worker)).toBeNull();
      expect(eventsOn(world).at(-1)).toMatchObject({ message: { id: waiting.id, status: 'failed', error: { code } } });
      expect(toldTo(world, world.owner).at(-1)).toMatchObject({ id: waitingPrivately.id, status: 'failed', error: { code } });
      expect(await replyJobs.renew(world.deps, running, worker)).toEqual({ fenced: false, stopRequestedBy: member.user.id });
      const calls = await callsFromReply(running, 'What does @lin say?', { maxDepth: 2 });
      world.bus.clear();
      await replyJobs.end(world.deps, running, { ...complete, content: 'What does @lin say?', calls });
      expect(eventsOn(world)).toHaveLength(1);
    });

    test('is for moderators, of a room that is open', async () => {
      await using world = await createTestWorld(kind);
      const member = await world.registerMember('mo');
      await expect(pause(world, true, member)).rejects.toMatchObject({ code: 'FORBIDDEN' });
      await world.access.run(world.owner.actor, world.room.id, 'rooms.archive', (room) => archiveRoom(world.deps, room, true));
      await expect(pause(world)).rejects.toMatchObject({ code: 'ROOM_ARCHIVED' });
    });
  });
}
