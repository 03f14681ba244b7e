import { maxCharactersPerOwner, type CharacterView } from '@parley/contracts';
import { v7 as uuidv7 } from 'uuid';
import { beforeEach, describe, expect, it } from 'vitest';
import { loadChanges } from '../sync/load-changes.js';
import { createRoom } from '../rooms/create-room.js';
import { getRoom } from '../rooms/get-room.js';
import { as, systemLine, toldIn } from '../rooms/testing-rooms.js';
import { archiveRoom } from '../rooms/archive-room.js';
import { sharedWorld } from '../testing/shared-world.js';
import type { TestUser } from '../testing/test-world.js';
import { addCharacter } from './add-character.js';
import { assistantId } from './assistant.js';
import { createCharacter, type CreateCharacterInput } from './create-character.js';
import { deleteCharacter } from './delete-character.js';
import { exportCard } from './export-card.js';
import { getCharacter } from './get-character.js';
import { importCard, type ImportCardInput } from './import-card.js';
import { removeCharacter } from './remove-character.js';
import { listCharacters } from './list-characters.js';
import { updateCharacter } from './update-character.js';

export function charactersSuite(kind: 'pglite' | 'postgres'): void {
  describe(`characters (${kind})`, () => {
    const world = sharedWorld(kind);
    let n = 0;
    let bob: TestUser;
    let admin: TestUser;

    beforeEach(async () => {
      n++;
      admin = world().owner;
      bob = await world().register(`bob-${n}`);
    });

    const create = (by: TestUser, more: Partial<CreateCharacterInput> = {}) =>
      createCharacter(world().deps, by.actor, {
        handle: `sage-${n}`,
        name: 'Sage',
        tagline: 'Knows',
        systemPrompt: 'Be wise.',
        model: null,
        temperature: 0.5,
        greeting: 'Hello.',
        ...more,
      });
    const roomWith = async (character: CharacterView) => {
      const room = await createRoom(world().deps, bob.actor, { name: `Room ${n}`, topic: '', visibility: 'public' });
      await as(world(), bob, room.id, 'rooms.addCharacter', (target) =>
        addCharacter(world().deps, target, { characterId: character.id, autoReply: 'mention' }),
      );
      return room;
    };
    const charactersIn = async (roomId: string) =>
      (await as(world(), bob, roomId, 'rooms.get', (target) => getRoom(world().deps, target))).characters;

    it('are made with a handle, a hue and a glyph of their own', async () => {
      const made = await create(bob);
      expect(made).toEqual({
        character: {
          id: expect.any(String),
          handle: `sage-${n}`,
          name: 'Sage',
          tagline: 'Knows',
          avatar: { hue: expect.any(Number), glyph: 'bot' },
          model: null,
        },
        mine: true,
        createdAt: expect.stringMatching(/Z$/),
        version: expect.stringMatching(/^[\da-f]{32}$/),
        settings: { systemPrompt: 'Be wise.', temperature: 0.5, greeting: 'Hello.', tools: [] },
      });
      const other = await create(bob, { handle: `other-${n}`, avatar: { hue: 12, glyph: 'swords' }, model: 'openai:gpt' });
      expect(other.character).toMatchObject({ avatar: { hue: 12, glyph: 'swords' }, model: 'openai:gpt' });
    });

    it('show their settings to whoever made them and to admins, and to nobody else', async () => {
      const { character, settings } = await create(bob);
      const carol = await world().register(`carol-${n}`);
      expect(await getCharacter(world().deps, bob.actor, character.id)).toMatchObject({ mine: true, settings });
      expect(await getCharacter(world().deps, admin.actor, character.id)).toMatchObject({ mine: false, settings });
      expect(await getCharacter(world().deps, carol.actor, character.id)).toMatchObject({ character, mine: false, settings: null });
      await expect(getCharacter(world().deps, bob.actor, uuidv7())).rejects.toMatchObject({ code: 'CHARACTER_NOT_FOUND' });
    });

    it('are listed for everyone, the assistant first and one’s own next, without settings', async () => {
      const { character } = await create(bob);
      const listed = await listCharacters(world().deps, bob.actor);
      expect(listed[0]!.character.handle).toBe('ada');
      expect(listed[1]).toEqual({ character, mine: true });
      expect(listed.map((entry) => entry.character.handle)).toEqual(expect.arrayContaining(['socrates', 'lin']));
      expect(JSON.stringify(listed)).not.toContain('Be wise.');
      const others = await listCharacters(world().deps, admin.actor);
      expect(others).toContainEqual({ character, mine: false });
    });

    it('share their handles with people, both ways, and keep them when deleted', async () => {
      const { character } = await create(bob);
      const taken = { code: 'USERNAME_TAKEN', details: { field: 'handle' } };
      await expect(create(bob)).rejects.toMatchObject(taken);
      await expect(create(bob, { handle: bob.user.username })).rejects.toMatchObject(taken);
      await expect(world().register(character.handle)).rejects.toMatchObject({ code: 'USERNAME_TAKEN' });
      await deleteCharacter(world().deps, bob.actor, character.id);
      await expect(create(bob)).rejects.toMatchObject(taken);
    });

    it('give one handle to one of many who ask for it at once', async () => {
      const results = await Promise.allSettled(Array.from({ length: 6 }, () => create(bob)));
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    });

    it('are so many to a person; a deleted one makes place', async () => {
      const { db } = world().deps;
      const { character } = await create(bob);
      await db.$executeRaw`insert into handles (handle) select ${`many-${n}-`} || i from generate_series(2, ${maxCharactersPerOwner}::int) i`;
      await db.$executeRaw`insert into characters (id, handle, name, avatar, owner_id)
        select gen_random_uuid(), ${`many-${n}-`} || i, 'Many', '{"hue": 0, "glyph": "bot"}'::jsonb, ${bob.user.id}::uuid
        from generate_series(2, ${maxCharactersPerOwner}::int) i`;
      await expect(create(bob, { handle: `more-${n}` })).rejects.toMatchObject({ code: 'FORBIDDEN' });
      await deleteCharacter(world().deps, bob.actor, character.id);
      await expect(create(bob, { handle: `more-${n}` })).resolves.toMatchObject({ mine: true });
    });

    it('are changed by whoever made them and by admins; their rooms see it under a new rev, the feed as told', async () => {
      const { character } = await create(bob);
      const rooms = [await roomWith(character), await roomWith(character)];
      world().bus.clear();
      const changed = await updateCharacter(world().deps, bob.actor, {
        characterId: character.id,
        name: 'Sibyl',
        model: 'openai:gpt',
        temperature: null,
      });
      expect(changed).toMatchObject({
        character: { ...character, name: 'Sibyl', model: 'openai:gpt' },
        settings: { systemPrompt: 'Be wise.', temperature: null },
      });
      for (const { id } of rooms) {
        const [told] = toldIn(world(), id);
        expect(told).toMatchObject({ type: 'character', left: false, character: { character: changed.character } });
        const { events, head } = await loadChanges(world().deps, id, told!.rev - 1, 10);
        expect(events).toEqual([told]);
        expect(head).toMatchObject({ rev: told!.rev, membersRev: told!.rev });
        expect(await charactersIn(id)).toContainEqual(told?.type === 'character' ? told.character : null);
      }
      await expect(
        updateCharacter(world().deps, admin.actor, { characterId: character.id, tagline: 'By an admin' }),
      ).resolves.toMatchObject({
        mine: false,
        settings: { greeting: 'Hello.' },
      });
      const carol = await world().register(`carol-${n}`);
      await expect(updateCharacter(world().deps, carol.actor, { characterId: character.id, name: 'Mine' })).rejects.toMatchObject({
        code: 'FORBIDDEN',
      });
      await expect(updateCharacter(world().deps, bob.actor, { characterId: uuidv7(), name: 'None' })).rejects.toMatchObject({
        code: 'CHARACTER_NOT_FOUND',
      });
    });

    it('stay as they are if they are none of the versions that the actor knows; of two changes at once one is done', async () => {
      const { character, version } = await create(bob);
      expect((await getCharacter(world().deps, admin.actor, character.id)).version).toBe(version);
      const change = (by: TestUser, greeting: string, ...ifVersion: string[]) =>
        updateCharacter(world().deps, by.actor, { characterId: character.id, ifVersion, greeting });
      const both = await Promise.allSettled([change(bob, 'One', version!), change(admin, 'Other', version!)]);
      expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      expect(both.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'PRECONDITION_FAILED' } });
      const now = await getCharacter(world().deps, bob.actor, character.id);
      await expect(change(bob, 'x', version!, 'none')).rejects.toMatchObject({ code: 'PRECONDITION_FAILED' });
      const stranger = await world().register(`stranger-${n}`);
      await expect(change(stranger, 'x', version!)).rejects.toMatchObject({ code: 'FORBIDDEN' });
      // Whoever may not see the instructions is told nothing that changes with them.
      expect((await getCharacter(world().deps, stranger.actor, character.id)).version).toBeNull();
      expect((await change(bob, 'Known', 'none', now.version!)).settings).toMatchObject({ greeting: 'Known' });
    });

    it('tell no room of what rooms do not show', async () => {
      const { character } = await create(bob);
      await roomWith(character);
      world().bus.clear();
      const changed = await updateCharacter(world().deps, bob.actor, {
        characterId: character.id,
        name: 'Sage',
        systemPrompt: 'Be wise.',
        temperature: 0.9,
        greeting: 'Good day.',
      });
      expect(changed.settings).toMatchObject({ greeting: 'Good day.', temperature: 0.9 });
      expect(world().bus.published).toEqual([]);
    });

    it('tell their rooms, and no other, who changed what they are told to do, and not what; several changes in a row once', async () => {
      const { character } = await create(bob);
      const [room, closed, left] = [await roomWith(character), await roomWith(character), await roomWith(character)];
      const other = await createRoom(world().deps, bob.actor, { name: 'Other', topic: '', visibility: 'public' });
      await as(world(), bob, closed.id, 'rooms.archive', (target) => archiveRoom(world().deps, target, true));
      await as(world(), bob, left.id, 'rooms.removeCharacter', (target) => removeCharacter(world().deps, target, character.id));
      const change = (by: TestUser, systemPrompt: string) =>
        updateCharacter(world().deps, by.actor, { characterId: character.id, systemPrompt });
      const linesIn = (id: string) => toldIn(world(), id).flatMap((event) => (event.type === 'message' ? [event.message] : []));

      world().bus.clear();
      await change(bob, 'SECRET one');
      const told = toldIn(world(), room.id);
      expect(told.map(({ type }) => type)).toEqual(['character', 'message']);
      const [line] = linesIn(room.id);
      expect(line).toMatchObject({
        kind: 'system',
        content: `bob-${n} changed Sage’s instructions.`,
        system: { type: 'characterInstructed', actor: { id: bob.user.id }, character: { id: character.id, name: 'Sage' } },
      });
      // The feed that is told is the feed that is replayed.
      expect((await loadChanges(world().deps, room.id, told[0]!.rev - 1, 10)).events).toEqual(told);
      for (const { id } of [closed, left, other]) expect(linesIn(id)).toEqual([]);

      world().bus.clear();
      await change(bob, 'SECRET two');
      expect(linesIn(room.id)).toEqual([]);
      await change(bob, 'SECRET two');
      await change(admin, 'SECRET three');
      expect(linesIn(room.id)).toMatchObject([{ seq: line!.seq + 1, system: { actor: { id: admin.user.id } } }]);
      expect(JSON.stringify(world().bus.published)).not.toContain('SECRET');
    });

    it('have their rooms told when a program outside is to read along, each time that the last line does not say so', async () => {
      const { character } = await create(bob);
      const room = await roomWith(character);
      const give = (model: string | null, by = bob) => updateCharacter(world().deps, by.actor, { characterId: character.id, model });
      const instruct = (systemPrompt: string) => updateCharacter(world().deps, bob.actor, { characterId: character.id, systemPrompt });
      const lines = () =>
        toldIn(world(), room.id).flatMap((event) => (event.type === 'message' ? [event.message.content.replace(/^\S+ /, '')] : []));
      const handed = (to: 'program outside of this server' | 'model') => `handed Sage’s answers to a ${to}.`;

      world().bus.clear();
      await give('openai:other');
      expect(lines()).toEqual([]);
      await instruct('One.');
      await give('agent');
      expect(lines()).toEqual(['changed Sage’s instructions.', handed('program outside of this server')]);
      const last = toldIn(world(), room.id).at(-1)!;
      expect((await loadChanges(world().deps, room.id, last.rev - 1, 10)).events).toEqual([last]);
      // There and back again and again floods no room.
      for (let i = 0; i < 3; i++) {
        await give(null);
        await instruct(`Again ${i}.`);
        await give('agent');
      }
      expect(lines()).toHaveLength(2);
      await give(null, admin);
      await give('agent');
      expect(lines().slice(2)).toEqual([handed('model'), handed('program outside of this server')]);
    });

    it('change in a room that they enter at the same moment too', async () => {
      const { character } = await create(bob);
      const rooms = await Promise.all(
        Array.from({ length: 8 }, (_, i) => createRoom(world().deps, bob.actor, { name: `Race ${i}`, topic: '', visibility: 'public' })),
      );
      const entering = rooms.map(({ id }) =>
        as(world(), bob, id, 'rooms.addCharacter', (target) =>
          addCharacter(world().deps, target, { characterId: character.id, autoReply: 'mention' }),
        ),
      );
      await Promise.all([...entering, updateCharacter(world().deps, bob.actor, { characterId: character.id, name: 'Renamed' })]);
      for (const { id } of rooms) {
        // The character's last event, by rev, has the new name, so no reader keeps the old one.
        const told = toldIn(world(), id).filter(({ type }) => type === 'character');
        expect(told.toSorted((a, b) => a.rev - b.rev).at(-1)).toMatchObject({ character: { character: { name: 'Renamed' } } });
      }
    });

    it('leave their rooms when deleted, with a line where there may be one, and come into none again', async () => {
      const { character } = await create(bob);
      const [room, closed] = [await roomWith(character), await roomWith(character)];
      await as(world(), bob, closed.id, 'rooms.archive', (target) => archiveRoom(world().deps, target, true));
      world().bus.clear();
      await deleteCharacter(world().deps, bob.actor, character.id);
      const told = toldIn(world(), room.id);
      expect(told).toMatchObject([
        { type: 'character', rev: 7, left: true, character: { character } },
        { type: 'message', rev: 8, message: systemLine(room.id, 3, 8, 'Sage was deleted.') },
      ]);
      expect((await loadChanges(world().deps, room.id, 6, 10)).events).toEqual(told);
      expect(toldIn(world(), closed.id)).toMatchObject([{ type: 'character', left: true }]);
      expect((await charactersIn(closed.id)).map((entry) => entry.character.handle)).toEqual(['ada']);
      const add = as(world(), bob, room.id, 'rooms.addCharacter', (target) =>
        addCharacter(world().deps, target, { characterId: character.id, autoReply: 'mention' }),
      );
      await expect(add).rejects.toMatchObject({ code: 'CHARACTER_NOT_FOUND' });
      await expect(getCharacter(world().deps, bob.actor, character.id)).rejects.toMatchObject({ code: 'CHARACTER_NOT_FOUND' });
      expect((await listCharacters(world().deps, bob.actor)).map((entry) => entry.character.id)).not.toContain(character.id);
      await expect(deleteCharacter(world().deps, bob.actor, character.id)).rejects.toMatchObject({ code: 'CHARACTER_NOT_FOUND' });
    });

    it('are deleted by whoever made them and by admins, but the assistant stays', async () => {
      const { character } = await create(bob);
      const carol = await world().register(`carol-${n}`);
      await expect(deleteCharacter(world().deps, carol.actor, character.id)).rejects.toMatchObject({ code: 'FORBIDDEN' });
      await deleteCharacter(world().deps, admin.actor, character.id);
      await expect(deleteCharacter(world().deps, admin.actor, assistantId)).rejects.toMatchObject({
        code: 'FORBIDDEN',
        message: expect.stringContaining('assistant'),
      });
    });

    describe('cards', () => {
      const data = {
        name: 'Captain Mo',
        description: '{{char}} sails.',
        first_mes: 'Ahoy, {{user}}!',
        creator_notes: 'A captain.',
        alternate_greetings: ['Aye.'],
        character_book: { entries: [{ keys: ['ship'], content: 'The Gull.' }] },
        extensions: { other: { depth: 4 } },
      };
      const card = { spec: 'chara_card_v2', spec_version: '2.0', data };
      const bring = (by: TestUser, input: ImportCardInput) => importCard(world().deps, by.actor, input);
      const take = (by: TestUser, characterId: string, format: 'json' | 'png' = 'json') =>
        exportCard(world().deps, by.actor, { characterId, format });

      it('make characters, and go out again with all that they had, as JSON and in a picture', async () => {
        const made = await bring(bob, { card, handle: `mo-${n}` });
        expect(made).toMatchObject({ character: { handle: `mo-${n}`, name: 'Captain Mo', tagline: 'A captain.', model: null }, cut: [] });
        expect(made.settings).toMatchObject({
          greeting: 'Ahoy, everyone!',
          systemPrompt: expect.stringContaining('> Captain Mo sails.') as string,
        });
        const out = await take(bob, made.character.id, 'png');
        expect(out.card).toMatchObject({ spec: 'chara_card_v3', spec_version: '3.0', data });
        const again = await bring(bob, { png: out.png! });
        expect(again).toMatchObject({ settings: made.settings, character: { name: 'Captain Mo' } });
        expect((await take(bob, again.character.id)).card).toEqual(out.card);
      });

      it('have what was changed here since, and everything of a character that was never imported', async () => {
        const { character } = await bring(bob, { card, handle: `mo-${n}` });
        await updateCharacter(world().deps, bob.actor, { characterId: character.id, name: 'Mo', systemPrompt: 'Be brief.', greeting: '' });
        expect((await take(bob, character.id)).card['data']).toMatchObject({
          ...data,
          name: 'Mo',
          nickname: 'Mo',
          description: 'Be brief.',
          first_mes: '',
        });
        const own = await create(bob);
        expect((await take(bob, own.character.id)).card['data']).toMatchObject({
          name: 'Sage',
          description: 'Be wise.',
          creator_notes: 'Knows',
        });
      });

      it('take the next handle that is free', async () => {
        const name = `Émile ${kind} ${n}`;
        const handles = [];
        for (let time = 0; time < 3; time++) handles.push((await bring(bob, { card: { name } })).character.handle);
        expect(handles).toEqual(['', '-2', '-3'].map((end) => `emile-${kind}-${n}${end}`));
        await expect(bring(bob, { card: { name }, handle: handles[0] })).rejects.toMatchObject({ code: 'USERNAME_TAKEN' });
      });

      it('go to nobody but whoever made the character, and admins, and are gone with it', async () => {
        const { character } = await bring(bob, { card, handle: `mo-${n}` });
        const eve = await world().register(`eve-${n}`);
        await expect(take(eve, character.id)).rejects.toMatchObject({ code: 'FORBIDDEN' });
        expect((await take(admin, character.id)).card).toMatchObject({ data });
        await deleteCharacter(world().deps, bob.actor, character.id);
        await expect(take(bob, character.id)).rejects.toMatchObject({ code: 'CHARACTER_NOT_FOUND' });
        expect((await world().deps.db.character.findUnique({ where: { id: character.id } }))!.card).toBeNull();
      });

      it('are one: neither none nor two are taken', async () => {
        for (const input of [{}, { card, png: 'aGk=' }])
          await expect(bring(bob, input)).rejects.toMatchObject({ code: 'VALIDATION', details: { field: 'card' } });
      });
    });
  });
}
