import { randomUUID } from 'node:crypto';
import { replyReceiptSchema, type MessageView, type PrivateReply } from '@parley/contracts';
import type { AuthorizedRoom } from '@parley/core/access/authorized-room';
import type { RoomAccess } from '@parley/core/access/room-access';
import { leaveRoom } from '@parley/core/members/leave-room';
import { joinRoom } from '@parley/core/members/join-room';
import { markRead } from '@parley/core/members/mark-read';
import { removeMember } from '@parley/core/members/remove-member';
import { setMute } from '@parley/core/members/set-mute';
import { deleteMessage } from '@parley/core/messages/delete-message';
import { hideFromAi } from '@parley/core/messages/hide-from-ai';
import { postMessage } from '@parley/core/messages/post-message';
import { pauseAi } from '@parley/core/replies/pause-ai';
import { privateReplyJobs } from '@parley/core/replies/private-reply-sink';
import { loadReceipt, rebuildPrompt } from '@parley/core/replies/reply-receipt';
import { archiveRoom } from '@parley/core/rooms/archive-room';
import { createRoom } from '@parley/core/rooms/create-room';
import { openDirectRoom } from '@parley/core/rooms/open-direct-room';
import type { TestUser } from '@parley/core/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { KeyRights } from '@parley/core/sessions/actor';
import { BuiltInModel } from '../models/built-in-model.js';
import { runPrivateReply } from './reply-runner.js';
import type { RunnerDeps } from './runner-deps.js';
import { createWorkerWorld, saying, type WorkerWorld } from './worker.fixture.js';

type RunIn<T> =
  Parameters<RoomAccess['run']> extends [unknown, unknown, infer Operation, unknown]
    ? [operation: Operation, fn: (room: AuthorizedRoom) => Promise<T>]
    : never;

/** `/catchup`, from the call to its end, on the real domain. */
export function catchUpSuite(kind: 'pglite' | 'postgres'): void {
  describe(`catch-up on ${kind}`, () => {
    let world: WorkerWorld;
    /** Each test has an asker of its own, who has read everything in the room where they ask. */
    let me: TestUser;
    let here: string;
    let boats: string;
    const nothing = new AbortController().signal;
    beforeAll(async () => {
      world = await createWorkerWorld(kind);
    });
    afterAll(() => world?.[Symbol.asyncDispose]());
    beforeEach(async () => {
      [here, boats] = [await room('Here'), await room('Boats')];
      me = await world.world.registerMember(`asker-${randomUUID().slice(0, 8)}`, here);
      await join(me, boats);
      for (const each of [here, boats, await lobby()]) await read(me, each);
      world.model.script = saying('An answer.');
    });

    const room = async (name: string, visibility: 'public' | 'private' = 'public') =>
      (await createRoom(world.deps, world.world.owner.actor, { name, topic: '', visibility })).id;
    const lobby = async () => (await world.deps.db.room.findFirstOrThrow({ where: { name: 'Lobby' } })).id;
    const join = (who: TestUser, roomId: string) => inRoom(who, roomId, 'rooms.join', (target) => joinRoom(world.deps, target));
    const read = async (who: TestUser, roomId: string) => {
      const { lastSeq } = await world.deps.db.roomCounter.findUniqueOrThrow({ where: { roomId } });
      if (lastSeq > 0) await inRoom(who, roomId, 'rooms.markRead', (target) => markRead(world.deps, target, lastSeq));
    };

    function inRoom<T>(who: TestUser, roomId: string, ...[operation, fn]: RunIn<T>): Promise<T> {
      return world.world.access.run(who.actor, roomId, operation, fn);
    }

    async function say(roomId: string, content: string, who?: TestUser): Promise<MessageView> {
      return (await world.say(roomId, content, who)).message;
    }

    async function ask({ roomId = here, who = me, clientId = randomUUID() as string } = {}): Promise<PrivateReply> {
      const posted = await inRoom(who, roomId, 'messages.send', (target) =>
        postMessage(world.deps, target, { clientId, content: '/catchup' }),
      );
      if (!posted.privateReply) throw new Error('it was posted');
      return posted.privateReply;
    }

    const claim = async (id: string, leaseMs = 60_000) => (await privateReplyJobs.claim(world.deps, id, { id: 'a test', leaseMs }))!;

    async function answer(runner: RunnerDeps = world.runner()): Promise<{ id: string; text: string; status: string }> {
      const { id } = await ask();
      await runPrivateReply(runner, await claim(id), nothing);
      const { content: text, status } = await world.deps.db.privateReply.findUniqueOrThrow({ where: { id } });
      return { id, text, status };
    }

    const receipt = (messageId: string, who = me) => loadReceipt({ ...world.deps, rooms: world.world.access }, who.actor, { messageId });
    const given = () => (world.model.calls.at(-1)!.prompt.at(-1)!.content as { text: string }[]).map(({ text }) => text).join('');
    const builtIn = (): RunnerDeps =>
      world.runner({
        deps: {
          models: {
            ...world.runner().models,
            resolve: () => ({
              model: new BuiltInModel({ wordsPerSecond: 0 }),
              name: 'built-in:extractive',
              maxOutputTokens: 0,
              habit: null,
            }),
          },
        },
      });
    const link = (shown: number | string, { roomId, seq, id }: MessageView) => `[${shown}](/rooms/${roomId}?at=${seq}#message-${id})`;

    it('tells what is unread in each room, with sources that lead there', async () => {
      await say(boats, 'Read already.');
      await read(me, boats);
      const nine = await say(boats, 'The boat leaves at nine.');
      const tea = await say(here, 'Tea is at four.');
      world.model.script = saying('## Boats\n- Leaves at nine [#2]\n## Here\n- Tea at four [', '#1]\n- Bring cake\n- [x](/rooms/1)\n');
      const { id, text, status } = await answer();
      expect(status).toBe('complete');
      expect(text).toBe(
        `## Boats\n- Leaves at nine${link(1, nine)}\n## Here\n- Tea at four${link(2, tea)}\n- Bring cake[*](#no-source)\n- [x](/rooms /1)[*](#no-source)\n`,
      );
      const [, nonce] = /<room-(\w{8})/.exec(given())!;
      const element = ({ content }: MessageView, number: number) =>
        `<message-${nonce} n="${number}" from="tess" handle="@tess" at="[^"]+">\\n${content}\\n</message-${nonce}>`;
      expect(given()).toMatch(
        new RegExp(
          `^<room-${nonce} name="Here">\\n${element(tea, 1)}\\n</room-${nonce}>\\n<room-${nonce} name="Boats">\\n${element(nine, 2)}\\n</room-${nonce}>\\n<task-${nonce}>@${me.user.username} asked what they missed`,
        ),
      );
      const made = await receipt(id);
      expect(replyReceiptSchema.parse(made)).toEqual(made);
      expect(made).toMatchObject({
        seqs: [],
        droppedCitations: 1,
        rooms: [
          { roomId: here, seqs: [tea.seq], deleted: 0, leftOut: 0, cited: [tea.seq] },
          { roomId: boats, seqs: [nine.seq], deleted: 0, leftOut: 0, cited: [nine.seq] },
        ],
        roomsLeftOut: { muted: 0, paused: 0, more: 0, gone: 0 },
      });
      expect((await rebuildPrompt(world.deps, id, 1))!).toMatchObject({
        turns: world.model.calls.at(-1)!.prompt,
        hash: made.promptHash,
      });
    });

    it('says at once that everything is read, and asks no model', async () => {
      const calls = world.model.calls.length;
      const clientId = randomUUID();
      const reply = await ask({ clientId });
      expect(reply).toMatchObject({ status: 'complete', content: 'You have read everything.', about: { command: 'catchup', by: 'Ada' } });
      expect(await ask({ clientId })).toEqual(reply);
      expect(await world.deps.db.job.count({ where: { id: reply.id } })).toBe(0);
      await say(boats, 'My own words are read by me.', me);
      expect((await ask()).content).toBe('You have read everything.');
      expect(world.model.calls).toHaveLength(calls);
    });

    it('says how many messages are hidden from AI where nothing else is unread, before a model is asked and after', async () => {
      const { access, owner } = world.world;
      const hide = (id: string) =>
        access.runOfMessage(owner.actor, id, 'messages.hideFromAi', (message) => hideFromAi(world.deps, message, { on: true }));
      const calls = world.model.calls.length;
      const first = await say(boats, 'secret-1');
      const { id } = await ask();
      await hide(first.id);
      expect(await runPrivateReply(world.runner(), await claim(id), nothing)).toBe('complete');
      const { content } = await world.deps.db.privateReply.findUniqueOrThrow({ where: { id } });
      expect(content).toBe('1 message that you have not read is hidden from AI, so a catch-up tells nothing of it.');
      expect((await ask()).content).toBe(content);
      await hide((await say(here, 'secret-2')).id);
      const deleted = await say(here, 'secret-3');
      await hide(deleted.id);
      await access.runOfMessage(owner.actor, deleted.id, 'messages.delete', (message) => deleteMessage(world.deps, message));
      // Nothing is counted of rooms that are left out.
      const muted = await room('Muted');
      await join(me, muted);
      await hide((await say(muted, 'secret-5')).id);
      await say(muted, 'secret-6');
      await inRoom(me, muted, 'rooms.setMute', (target) => setMute(world.deps, target, true));
      expect((await ask()).content).toBe(
        '2 messages that you have not read are hidden from AI, so a catch-up tells nothing of them. It leaves out what is in 1 room that you muted too.',
      );
      expect(world.model.calls).toHaveLength(calls);
    });

    it('is of rooms that the asker is in, and says how many it leaves out', async () => {
      const { owner } = world.world;
      const [stranger, muted, paused, archived, left] = [
        await room('Strangers'),
        await room('Muted'),
        await room('Paused'),
        await room('Archived'),
        await room('Left'),
      ];
      for (const each of [muted, paused, archived, left]) await join(me, each);
      const secrets = [stranger, muted, paused, archived, left];
      for (const [at, each] of secrets.entries()) await say(each, `secret-${at}`);
      await inRoom(me, muted, 'rooms.setMute', (target) => setMute(world.deps, target, true));
      await inRoom(owner, paused, 'rooms.pauseAi', (target) => pauseAi(world.deps, target, true));
      await inRoom(owner, archived, 'rooms.archive', (target) => archiveRoom(world.deps, target, true));
      await inRoom(me, left, 'rooms.leave', (target) => leaveRoom(world.deps, target));
      expect((await ask()).content).toBe(
        'You have read everything, but for what is in 1 room that you muted and 1 room whose AI is paused.',
      );
      await say(boats, 'At nine.');
      const { id, text } = await answer();
      expect(text).toBe('An answer.\n\n*Not in it: 1 room that you muted and 1 room whose AI is paused.*');
      expect(given()).toContain('At nine.');
      expect(given()).not.toContain('secret');
      expect(await receipt(id)).toMatchObject({ rooms: [{ roomId: boats }], roomsLeftOut: { muted: 1, paused: 1, more: 0, gone: 0 } });
    });

    it('tells nothing that was deleted or hidden from AI, nor what came after the asking', async () => {
      const { access, owner } = world.world;
      const [deleted, hidden] = [await say(boats, 'secret-1'), await say(boats, 'secret-2')];
      await say(boats, 'At nine.');
      const { id } = await ask();
      await access.runOfMessage(owner.actor, deleted.id, 'messages.delete', (message) => deleteMessage(world.deps, message));
      await access.runOfMessage(owner.actor, hidden.id, 'messages.hideFromAi', (message) => hideFromAi(world.deps, message, { on: true }));
      await say(boats, 'secret-3');
      await runPrivateReply(world.runner(), await claim(id), nothing);
      expect(given()).toContain('At nine.');
      expect(given()).not.toContain('secret');
      expect((await receipt(id)).rooms).toMatchObject([{ roomId: boats, seqs: [expect.any(Number)], leftOut: 0 }]);
    });

    it('is of a room only as long as the asker is in it, at each attempt', async () => {
      await say(here, 'Tea is at four.');
      await say(boats, 'secret-1');
      const { id } = await ask();
      const first = await claim(id, -1);
      await runPrivateReply(world.runner({ deps: { models: { ...world.runner().models, resolve: () => never() } } }), first, nothing);
      await inRoom(world.world.owner, boats, 'rooms.removeMember', (target) => removeMember(world.deps, target, me.user.username));
      await runPrivateReply(world.runner(), await claim(id), nothing);
      expect(given()).toContain('Tea is at four.');
      expect(given()).not.toContain('secret');
      await inRoom(world.world.owner, here, 'rooms.pauseAi', (target) => pauseAi(world.deps, target, true));
      await inRoom(world.world.owner, here, 'rooms.pauseAi', (target) => pauseAi(world.deps, target, false));
    });

    it('asks no model where nothing is left to tell by the time of the call', async () => {
      await say(boats, 'secret-1');
      const { id } = await ask();
      await inRoom(world.world.owner, boats, 'rooms.removeMember', (target) => removeMember(world.deps, target, me.user.username));
      const calls = world.model.calls.length;
      expect(await runPrivateReply(world.runner(), await claim(id), nothing)).toBe('complete');
      expect(await world.deps.db.privateReply.findUniqueOrThrow({ where: { id } })).toMatchObject({ content: 'You have read everything.' });
      expect(world.model.calls).toHaveLength(calls);
      expect(await receipt(id)).toMatchObject({ model: null, promptHash: null });
    });

    it('shows in its receipt only rooms that the reader is still in, and messages that are still there', async () => {
      const tea = await say(here, 'Tea is at four.');
      const gone = await say(here, 'Regretted.');
      const nine = await say(boats, 'At nine.');
      world.model.script = saying('At nine [#1], tea [#2].');
      const { id } = await answer();
      expect((await receipt(id)).rooms).toMatchObject([{ roomId: boats, seqs: [nine.seq], cited: [nine.seq] }, { cited: [tea.seq] }]);
      await world.world.access.runOfMessage(world.world.owner.actor, gone.id, 'messages.delete', (message) =>
        deleteMessage(world.deps, message),
      );
      await inRoom(me, boats, 'rooms.leave', (target) => leaveRoom(world.deps, target));
      const later = await receipt(id);
      expect(later).toMatchObject({
        rooms: [{ roomId: here, seqs: [tea.seq], deleted: 1, cited: [tea.seq] }],
        roomsLeftOut: { gone: 1 },
      });
      expect(JSON.stringify(later)).not.toContain(boats);
      await expect(receipt(id, world.world.owner)).rejects.toMatchObject({ code: 'MESSAGE_NOT_FOUND' });
    });

    it('tells of conversations of two by the other side’s name', async () => {
      const { owner } = world.world;
      const { id: direct } = await openDirectRoom(world.deps, owner.actor, { username: me.user.username });
      await say(direct, 'Between us: at ten.');
      const { text } = await answer(builtIn());
      expect(text).toContain('### With tess\n');
      expect(text).toContain(`(/rooms/${direct}?at=`);
    });

    it('is done by the built-in model too, room by room, with its sources', async () => {
      const tea = await say(here, 'Tea is at four, in the garden.');
      const nine = await say(boats, 'We decided that the boat leaves at nine.');
      const { id, text } = await answer(builtIn());
      expect(text.split('\n\n').map((part) => part.split('\n')[0])).toEqual([
        '### Boats',
        expect.stringMatching(/^\*\*1 message by 1 person\*\*/) as string,
        expect.stringContaining('We decided that the boat leaves at nine. ') as string,
        '### Here',
        expect.stringMatching(/^\*\*1 message by 1 person\*\*/) as string,
        expect.stringContaining('Tea is at four, in the garden. ') as string,
        expect.stringContaining('picked by the built-in model') as string,
      ]);
      for (const message of [tea, nine]) expect(text).toContain(`](/rooms/${message.roomId}?at=${message.seq}#message-${message.id})`);
      const made = await receipt(id);
      expect(made).toMatchObject({ model: 'built-in:extractive', rooms: [{ cited: [nine.seq] }, { cited: [tea.seq] }] });
      expect((await rebuildPrompt(world.deps, id, 1))!).toMatchObject({ turns: null, hash: made.promptHash });
    });

    it('reads twenty rooms at most, those that mention the asker first, and of each a hundred messages', async () => {
      const [quiet, ...others] = [await room('Quiet'), ...(await Promise.all(Array.from({ length: 20 }, (_, n) => room(`Loud ${n}`))))];
      for (const each of [quiet!, ...others]) await join(me, each);
      await say(quiet!, `@${me.user.username} at nine?`);
      for (const each of others) await say(each, 'Loud.');
      for (let n = 0; n < 103; n++) await say(boats, `n${n}`);
      const { id, text } = await answer(world.runner({ settings: { maxPromptTokens: 100_000 } }));
      expect(text).toBe('An answer.\n\n*Not in it: 3 older messages of these rooms; 2 more rooms.*');
      const { rooms, roomsLeftOut } = await receipt(id);
      expect(rooms).toHaveLength(20);
      expect(rooms!.slice(0, 2)).toMatchObject([{ roomId: quiet! }, { roomId: boats, leftOut: 3 }]);
      expect(rooms![1]!.seqs).toHaveLength(100);
      expect(roomsLeftOut).toEqual({ muted: 0, paused: 0, more: 2, gone: 0 });
    });

    it('is refused to a key that does not read, or not all rooms', async () => {
      await say(boats, 'secret-1');
      const withKey = (key: KeyRights) => ask({ who: { ...me, actor: { ...me.actor, key } } });
      await expect(withKey({ scopes: ['messages:write'], roomIds: null })).rejects.toMatchObject({ code: 'FORBIDDEN' });
      await expect(withKey({ scopes: ['messages:write', 'messages:read'], roomIds: [here] })).rejects.toMatchObject({ code: 'FORBIDDEN' });
      const { id } = await withKey({ scopes: ['messages:write', 'messages:read'], roomIds: null });
      await runPrivateReply(world.runner(), await claim(id), nothing);
      expect(given()).toContain('secret-1');
    });

    it('is refused where an agent would answer, or AI is paused', async () => {
      await say(boats, 'secret-1');
      const become = (model: string | null) => world.deps.db.character.update({ where: { handle: 'ada' }, data: { model } });
      // Ada becomes an agent, which this API has not heard of yet.
      await inRoom(me, here, 'rooms.get', async () => {});
      try {
        await become('agent');
        await expect(ask()).rejects.toMatchObject({ code: 'FORBIDDEN', message: expect.stringContaining('program outside') as string });
      } finally {
        await become(null);
        world.world.access.invalidate(here);
      }
      expect(await world.deps.db.job.count({ where: { askedBy: me.user.id } })).toBe(0);
      await inRoom(world.world.owner, here, 'rooms.pauseAi', (target) => pauseAi(world.deps, target, true));
      await expect(ask()).rejects.toMatchObject({ code: 'ROOM_AI_PAUSED' });
    });
  });
}

function never(): never {
  throw new Error('away');
}
