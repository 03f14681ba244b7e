import { randomUUID } from 'node:crypto';
import { AppError, type DurableEvent, type MemberView, type MessageView, type RoomCharacterView, type RoomView } from '@parley/contracts';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { listMessages } from '../messages/list-messages.js';
import { loadChanges } from './load-changes.js';
import { edit, pin, react, remove } from '../messages/testing-changes.js';
import { eventsOn, send } from '../messages/testing-messages.js';
import { createRoom } from '../rooms/create-room.js';
import { getRoom } from '../rooms/get-room.js';
import { joinRoom } from '../members/join-room.js';
import { leaveRoom } from '../members/leave-room.js';
import { createTestWorld, type TestUser, type TestWorld } from '../testing/index.js';
import type { ClaimedReply } from '../jobs/claimed-reply.js';
import { regenerateReply } from '../replies/regenerate-reply.js';
import { requestStop } from '../replies/request-stop.js';
import { complete, dyingWorker, worker } from '../replies/testing-replies.js';
import { replyJobs } from '../replies/reply-sink.js';

/** Everything of a room that its events speak of. */
interface RoomState {
  room: RoomView;
  members: Map<string, MemberView>;
  characters: Map<string, RoomCharacterView>;
  messages: Map<string, MessageView>;
  rev: number;
}

async function fetchRoom(world: TestWorld, roomId: string): Promise<RoomState> {
  const details = await world.access.run(world.owner.actor, roomId, 'rooms.get', (room) => getRoom(world.deps, room));
  const page = await world.access.run(world.owner.actor, roomId, 'messages.list', (room) =>
    listMessages(world.deps, room, { limit: 1000 }),
  );
  expect(page.rev).toBe(details.rev);
  return {
    room: details.room,
    members: new Map(details.members.map((member) => [member.user.id, member])),
    characters: new Map(details.characters.map((entry) => [entry.character.id, entry])),
    messages: new Map(page.items.map((message) => [message.id, message])),
    rev: details.rev,
  };
}

function apply(state: RoomState, event: DurableEvent): void {
  expect(event.rev).toBeGreaterThan(state.rev);
  state.rev = event.rev;
  switch (event.type) {
    case 'message':
      state.messages.set(event.message.id, event.message);
      break;
    case 'room':
      state.room = event.room;
      break;
    case 'member':
      if (event.left) state.members.delete(event.member.user.id);
      else state.members.set(event.member.user.id, event.member);
      break;
    case 'character':
      if (event.left) state.characters.delete(event.character.character.id);
      else state.characters.set(event.character.character.id, event.character);
      break;
  }
}

/** Reads all that changed since `state` was read, in pages of at most `limit`. */
async function catchUp(world: TestWorld, roomId: string, state: RoomState, limit: number): Promise<void> {
  for (;;) {
    const page = await loadChanges(world.deps, roomId, state.rev, limit);
    for (const event of page.events) apply(state, event);
    if (!page.complete) continue;
    expect(state.rev).toBeLessThanOrEqual(page.head.rev);
    state.rev = page.head.rev;
    return;
  }
}

const talk = ['send', 'ask', 'claim', 'claimAndDie', 'finish', 'retry', 'stop', 'regenerate'] as const;
const changes = ['edit', 'delete', 'react', 'unreact', 'pin', 'unpin'] as const;

type Step = { kind: (typeof talk)[number] | (typeof changes)[number] | 'come' | 'go' } | { kind: 'catchUp'; limit: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom(...talk).map((kind) => ({ kind })),
  },
  { weight: 4, arbitrary: fc.constantFrom(...changes).map((kind) => ({ kind })) },
  { weight: 2, arbitrary: fc.constantFrom(...(['come', 'go'] as const)).map((kind) => ({ kind })) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 5 }).map((limit) => ({ kind: 'catchUp' as const, limit })) },
);

function unlessNotThere(error: unknown): void {
  if (!AppError.is(error, 'FORBIDDEN')) throw error;
}

function unlessRefused(error: unknown): void {
  if (!['MESSAGE_DELETED', 'MESSAGE_NOT_EDITABLE', 'REPLY_IN_PROGRESS'].includes((error as AppError).code)) throw error;
}

/** Steps that may happen in the room. A step that has nothing to do does nothing. */
function roomLife(world: TestWorld, roomId: string, visitor: TestUser) {
  const { deps, access, owner } = world;
  const asked: string[] = [];
  /** Everything said, the newest last. */
  const said: string[] = [];
  let claim: ClaimedReply | null = null;
  return async (kind: Exclude<Step['kind'], 'catchUp'>): Promise<unknown> => {
    const newest = asked.at(-1);
    // Take a message from the middle, so that replies, their questions and plain texts all get changed.
    const any = said[Math.floor(said.length / 2)];
    switch (kind) {
      case 'send':
        return said.push((await send(world, owner, `hello @${visitor.user.username}`, {}, roomId)).message.id);
      case 'ask':
        return await send(world, owner, '@ada hello', {}, roomId).then(({ message, replies }) => {
          asked.push(replies[0]!.id);
          said.push(message.id, replies[0]!.id);
        });
      case 'come':
        return await access.run(visitor.actor, roomId, 'rooms.join', (room) => joinRoom(deps, room));
      case 'go':
        return await access.run(visitor.actor, roomId, 'rooms.leave', (room) => leaveRoom(deps, room)).catch(unlessNotThere);
      case 'claim':
      case 'claimAndDie':
        return newest && (claim = (await replyJobs.claim(deps, newest, kind === 'claim' ? worker : dyingWorker)) ?? claim);
      case 'finish':
        return claim && (await replyJobs.end(deps, claim, { ...complete, content: randomUUID() }));
      case 'retry':
        return claim && (await replyJobs.retry(deps, claim, 0));
      case 'stop':
        return newest && (await access.runOfMessage(owner.actor, newest, 'replies.stop', (reply) => requestStop(deps, reply)));
      case 'regenerate':
        return (
          newest &&
          (await access
            .runOfMessage(owner.actor, newest, 'replies.regenerate', (reply) => regenerateReply(deps, reply))
            .catch(unlessRefused))
        );
      case 'edit':
        return any && (await edit(world, owner, any, `@${visitor.user.username} ${randomUUID()}`).catch(unlessRefused));
      case 'delete':
        return any && (await remove(world, owner, any));
      case 'react':
      case 'unreact':
        return any && (await react(world, owner, any, '☕', kind === 'react').catch(unlessRefused));
      case 'pin':
      case 'unpin':
        return any && (await pin(world, owner, any, kind === 'pin').catch(unlessRefused));
    }
  };
}

export function roomSyncSuite(kind: 'pglite' | 'postgres', numRuns: number): void {
  test('an old state plus what the feed says, or plus what was told live, equals a fresh fetch', async () => {
    await using world = await createTestWorld(kind);
    const visitor = await world.register('vera');
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 8, maxLength: 28 }), fc.integer({ min: 1, max: 30 }), async (steps, lastLimit) => {
        const { id: roomId } = await createRoom(world.deps, world.owner.actor, { name: 'Sync', topic: '', visibility: 'public' });
        const [reader, listener] = [await fetchRoom(world, roomId), await fetchRoom(world, roomId)];
        world.bus.clear();
        const live = roomLife(world, roomId, visitor);
        for (const next of steps) await (next.kind === 'catchUp' ? catchUp(world, roomId, reader, next.limit) : live(next.kind));

        const fresh = await fetchRoom(world, roomId);
        await catchUp(world, roomId, reader, lastLimit);
        expect(reader).toEqual(fresh);
        const told = eventsOn(world, roomId) as DurableEvent[];
        // Live events leave nothing out: there is one for each rev.
        expect(told.map(({ rev }) => rev)).toEqual(Array.from({ length: fresh.rev - listener.rev }, (_, n) => listener.rev + 1 + n));
        for (const event of told) apply(listener, event);
        expect(listener).toEqual(fresh);
        // What the feed still has equals what was told.
        const fed = (await loadChanges(world.deps, roomId, told[0] ? told[0].rev - 1 : fresh.rev, 1000)).events;
        const revs = new Set(fed.map(({ rev }) => rev));
        expect(fed).toEqual(told.filter(({ rev }) => revs.has(rev)));
      }),
      { numRuns },
    );
  });
}
