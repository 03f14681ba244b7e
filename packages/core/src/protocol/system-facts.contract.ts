import { systemFactSchema, systemText, type MessageView, type RoomView, type SystemFact } from '@parley/contracts';
import { describe, expect, test } from 'vitest';
import { createBot } from '../accounts/bots.js';
import { addCharacter } from '../characters/add-character.js';
import { createCharacter } from '../characters/create-character.js';
import { deleteCharacter } from '../characters/delete-character.js';
import { updateCharacter } from '../characters/update-character.js';
import { removeCharacter } from '../characters/remove-character.js';
import { exportRoom } from '../export/export-room.js';
import { importRoom } from '../export/import-room.js';
import { createKey } from '../keys/create-key.js';
import { readKey } from '../keys/key-text.js';
import { loadKeyActor } from '../keys/load-key-actor.js';
import { addMember } from '../members/add-member.js';
import { joinRoom } from '../members/join-room.js';
import { leaveRoom } from '../members/leave-room.js';
import { removeMember } from '../members/remove-member.js';
import { setRole } from '../members/set-role.js';
import { send } from '../messages/testing-messages.js';
import { listMessages } from '../messages/list-messages.js';
import { archiveRoom } from '../rooms/archive-room.js';
import { callsFromReply } from '../replies/calls-from-reply.js';
import { pauseAi } from '../replies/pause-ai.js';
import { replyJobs } from '../replies/reply-sink.js';
import { complete, worker } from '../replies/testing-replies.js';
import { createRoom } from '../rooms/create-room.js';
import { as, toldIn } from '../rooms/testing-rooms.js';
import { updateRoom } from '../rooms/update-room.js';
import { placeCharacter } from '../testing/place-character.js';
import { createTestWorld, type TestUser, type TestWorld } from '../testing/test-world.js';

const types: Record<SystemFact['type'], true> = {
  joined: true,
  left: true,
  added: true,
  removed: true,
  role: true,
  room: true,
  characterAdded: true,
  characterHabit: true,
  characterInstructed: true,
  characterRemoved: true,
  characterDeleted: true,
  charactersStopped: true,
  imported: true,
};

export function systemFactsSuite(kind: 'pglite' | 'postgres'): void {
  describe(`system lines (${kind})`, () => {
    test('name a bot as one, in the facts and in the sentence, whether it acts or something is done to it', async () => {
      await using world = await createTestWorld(kind);
      const { deps, owner } = world;
      const room = await createRoom(deps, owner.actor, { name: 'Harbour', topic: '', visibility: 'public' });
      const { user } = await createBot(deps, owner.actor, { username: 'weather', displayName: 'Weather' });
      const { key } = await createKey(deps, owner.actor, { name: 'run', scopes: ['rooms:write'], bot: 'weather' });
      const bot = { actor: await loadKeyActor(deps, readKey(key)!) };
      await as(world, owner, room.id, 'rooms.addMember', (target) => addMember(deps, target, 'weather'));
      await as(world, owner, room.id, 'rooms.setRole', (target) => setRole(deps, target, { username: 'weather', role: 'moderator' }));
      await world.access.run(bot.actor, room.id, 'rooms.update', (target) => updateRoom(deps, target, { topic: 'Rain' }));
      const [me, named] = [
        { id: owner.user.id, name: 'tess' },
        { id: user.id, name: 'Weather', bot: true },
      ];
      const lines = await linesOf(world, owner, room);
      expect(lines.map(({ system, content }) => [system, content])).toEqual([
        [{ type: 'added', actor: me, person: named }, 'tess added Weather (bot).'],
        [{ type: 'role', actor: me, person: named, role: 'moderator' }, 'tess made Weather (bot) a moderator.'],
        [{ type: 'room', actor: named, changes: [{ type: 'topic', topic: 'Rain' }] }, 'Weather (bot) set the topic to “Rain”.'],
      ]);
      for (const { system, content } of lines) expect(systemText(systemFactSchema.parse(system))).toBe(content);
    });

    test('of every type have facts, which make the sentence that the line has as its text', async () => {
      await using world = await createTestWorld(kind);
      const { deps, owner } = world;
      const ben = await world.register('ben');
      const cy = await world.register('cy');
      const sage = await character(world, owner);
      const room = await createRoom(deps, owner.actor, { name: 'Harbour', topic: 'Boats', visibility: 'public' });
      await as(world, ben, room.id, 'rooms.join', (target) => joinRoom(deps, target));
      // Without a message between, a line would take the place of another of its kind.
      const say = () => send(world, owner, 'Something else', {}, room.id);
      await as(world, owner, room.id, 'rooms.update', (target) => updateRoom(deps, target, { topic: 'Ships' }));
      await as(world, ben, room.id, 'rooms.leave', (target) => leaveRoom(deps, target));
      await as(world, owner, room.id, 'rooms.addMember', (target) => addMember(deps, target, 'cy'));
      for (const role of ['moderator', 'member', 'owner'] as const) {
        await as(world, owner, room.id, 'rooms.setRole', (target) => setRole(deps, target, { username: 'cy', role }));
        await say();
      }
      await as(world, owner, room.id, 'rooms.update', (target) =>
        updateRoom(deps, target, { name: 'The “old” harbour', topic: '', visibility: 'private' }),
      );
      await say();
      await as(world, owner, room.id, 'rooms.archive', (target) => archiveRoom(deps, target, true));
      await as(world, cy, room.id, 'rooms.archive', (target) => archiveRoom(deps, target, false));
      await as(world, owner, room.id, 'rooms.pauseAi', (target) => pauseAi(deps, target, true));
      await as(world, cy, room.id, 'rooms.pauseAi', (target) => pauseAi(deps, target, false));
      await as(world, owner, room.id, 'rooms.removeMember', (target) => removeMember(deps, target, 'cy'));
      for (const autoReply of ['mention', 'always', 'turn', 'ambient', 'mention'] as const) {
        await as(world, owner, room.id, 'rooms.addCharacter', (target) => addCharacter(deps, target, { characterId: sage, autoReply }));
        if (autoReply === 'mention') await updateCharacter(deps, owner.actor, { characterId: sage, model: 'agent' });
        await say();
      }
      await updateCharacter(deps, owner.actor, { characterId: sage, systemPrompt: 'SECRET' });
      await as(world, owner, room.id, 'rooms.removeCharacter', (target) => removeCharacter(deps, target, sage));
      await say();
      await as(world, owner, room.id, 'rooms.addCharacter', (target) =>
        addCharacter(deps, target, { characterId: sage, autoReply: 'always' }),
      );
      await deleteCharacter(deps, owner.actor, sage);
      const { replies } = await send(world, owner, '@ada who stops here?', {}, room.id);
      const claim = (await replyJobs.claim(deps, replies[0]!.id, worker))!;
      const spent = { ...claim, request: { ...claim.request, callsLeft: 0 } };
      await placeCharacter(deps, room.id, { handle: 'lin' });
      await replyJobs.end(deps, claim, { ...complete, calls: await callsFromReply(spent, '@lin', { maxDepth: 2 }) });

      const me = { id: owner.user.id, name: 'tess' };
      const [guest, person] = [ben, cy].map(({ user }) => ({ id: user.id, name: user.displayName }));
      const byName = { id: sage, name: 'Sage' };
      const lines = await linesOf(world, owner, room);
      expect(lines.map(({ system }) => system)).toEqual([
        { type: 'joined', actor: guest },
        { type: 'room', actor: me, changes: [{ type: 'topic', topic: 'Ships' }] },
        { type: 'left', actor: guest },
        { type: 'added', actor: me, person },
        { type: 'role', actor: me, person, role: 'moderator' },
        { type: 'role', actor: me, person, role: 'member' },
        { type: 'role', actor: me, person, role: 'owner' },
        {
          type: 'room',
          actor: me,
          changes: [
            { type: 'renamed', name: 'The “old” harbour' },
            { type: 'topic', topic: '' },
            { type: 'visibility', visibility: 'private' },
          ],
        },
        { type: 'room', actor: me, changes: [{ type: 'archived' }] },
        { type: 'room', actor: person, changes: [{ type: 'reopened' }] },
        { type: 'room', actor: me, changes: [{ type: 'aiPaused' }] },
        { type: 'room', actor: person, changes: [{ type: 'aiResumed' }] },
        { type: 'removed', actor: me, person },
        { type: 'characterAdded', actor: me, character: byName, autoReply: 'mention' },
        { type: 'characterInstructed', actor: me, character: byName, handedTo: 'program' },
        { type: 'characterHabit', actor: me, character: byName, autoReply: 'always' },
        { type: 'characterHabit', actor: me, character: byName, autoReply: 'turn' },
        { type: 'characterHabit', actor: me, character: byName, autoReply: 'ambient' },
        { type: 'characterHabit', actor: me, character: byName, autoReply: 'mention' },
        { type: 'characterInstructed', actor: me, character: byName },
        { type: 'characterRemoved', actor: me, character: byName },
        { type: 'characterAdded', actor: me, character: byName, autoReply: 'always' },
        { type: 'characterDeleted', character: byName },
        { type: 'charactersStopped' },
      ]);
      // The events said what is read afterwards.
      expect(
        toldIn(world, room.id).flatMap((event) => (event.type === 'message' && event.message.kind === 'system' ? [event.message] : [])),
      ).toEqual(lines);

      const { room: copy } = await importRoom(
        deps,
        owner.actor,
        utf8(exportRoom({ ...deps, rooms: world.access }, owner.actor, { roomId: room.id })),
      );
      const brought = await linesOf(world, owner, copy);
      // A file is a claim: its lines keep their text, and only the server's own line has facts.
      expect(brought.map(({ system }) => system)).toEqual([...lines.map(() => null), { type: 'imported', actor: me }]);
      expect(brought.slice(0, -1).map(({ content }) => content)).toEqual(lines.map(({ content }) => content));

      const facts = [...lines, brought.at(-1)!];
      for (const { system, content } of facts) expect(systemText(systemFactSchema.parse(system))).toBe(content);
      expect(new Set(facts.map(({ system }) => system!.type))).toEqual(new Set(Object.keys(types)));
    });

    test('written before facts were kept are shown by their text', async () => {
      await using world = await createTestWorld(kind);
      await world.registerMember('ben');
      await world.deps.db.$executeRaw`update messages set system = null where room_id = ${world.room.id}::uuid`;
      expect(await linesOf(world, world.owner, world.room)).toMatchObject([{ kind: 'system', content: 'ben joined.', system: null }]);
    });
  });
}

async function character(world: TestWorld, by: TestUser): Promise<string> {
  const made = await createCharacter(world.deps, by.actor, {
    handle: 'sage',
    name: 'Sage',
    tagline: '',
    systemPrompt: '',
    model: null,
    temperature: null,
    greeting: '',
  });
  return made.character.id;
}

async function linesOf(world: TestWorld, by: TestUser, room: Pick<RoomView, 'id'>): Promise<MessageView[]> {
  const page = await as(world, by, room.id, 'messages.list', (target) => listMessages(world.deps, target, { limit: 100 }));
  return page.items.filter(({ kind }) => kind === 'system');
}

async function* utf8(chunks: AsyncIterable<string>): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) yield Buffer.from(chunk);
}
