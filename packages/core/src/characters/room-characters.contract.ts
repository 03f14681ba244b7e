import { maxCharactersPerRoom, type AutoReply, type CharacterView, type RoomView } from '@parley/contracts';
import { v7 as uuidv7 } from 'uuid';
import { beforeEach, describe, expect, it } from 'vitest';
import { loadChanges } from '../sync/load-changes.js';
import { archiveRoom } from '../rooms/archive-room.js';
import { createRoom } from '../rooms/create-room.js';
import { getRoom } from '../rooms/get-room.js';
import { RoomAccess } from '../access/room-access.js';
import { as, systemLine, toldIn } from '../rooms/testing-rooms.js';
import { sharedWorld } from '../testing/shared-world.js';
import type { TestUser } from '../testing/test-world.js';
import { addCharacter } from './add-character.js';
import { assistantId } from './assistant.js';
import { createCharacter } from './create-character.js';
import { removeCharacter } from './remove-character.js';

export function roomCharactersSuite(kind: 'pglite' | 'postgres'): void {
  describe(`characters in rooms (${kind})`, () => {
    const world = sharedWorld(kind);
    let n = 0;
    let owner: TestUser;
    let room: RoomView;
    let sage: CharacterView;

    beforeEach(async () => {
      n++;
      owner = world().owner;
      room = await createRoom(world().deps, owner.actor, { name: `Room ${n}`, topic: '', visibility: 'public' });
      sage = await make('');
    });

    const make = async (greeting: string) =>
      (
        await createCharacter(world().deps, (await world().register(`maker-${n}-${greeting.length}`)).actor, {
          handle: `sage-${n}-${greeting.length}`,
          name: 'Sage',
          tagline: '',
          systemPrompt: '',
          model: null,
          temperature: null,
          greeting,
        })
      ).character;
    const add = (characterId: string, autoReply: AutoReply = 'mention', by = owner) =>
      as(world(), by, room.id, 'rooms.addCharacter', (target) => addCharacter(world().deps, target, { characterId, autoReply }));
    const remove = (characterId: string, by = owner) =>
      as(world(), by, room.id, 'rooms.removeCharacter', (target) => removeCharacter(world().deps, target, characterId));
    const details = () => as(world(), owner, room.id, 'rooms.get', (target) => getRoom(world().deps, target));
    const joinedSeq = async (characterId: string) => {
      const [row] = await world().deps.db.$queryRaw<{ joinedSeq: number }[]>`
        select joined_seq as "joinedSeq" from room_characters where room_id = ${room.id}::uuid and character_id = ${characterId}::uuid`;
      return row!.joinedSeq;
    };

    it('come in with a line, know what is said from then on, and what is told is what the feed has', async () => {
      world().bus.clear();
      const entry = await add(sage.id);
      expect(entry).toEqual({ character: sage, autoReply: 'mention', joinedAt: expect.stringMatching(/Z$/), rev: 4 });
      const told = toldIn(world(), room.id);
      expect(told).toEqual([
        { type: 'character', rev: 4, character: entry, left: false },
        { type: 'message', rev: 5, message: systemLine(room.id, 1, 5, 'tess added Sage.') },
      ]);
      expect((await loadChanges(world().deps, room.id, 3, 10)).events).toEqual(told);
      expect(await joinedSeq(sage.id)).toBe(1);
      const now = await details();
      expect(now.characters).toContainEqual(entry);
      expect(now.mine).toMatchObject({ lastSeq: 1, unread: 0 });
    });

    it('say their greeting after the line, and know it', async () => {
      const greeter = await make('Good day!');
      world().bus.clear();
      const entry = await add(greeter.id, 'always');
      const told = toldIn(world(), room.id);
      expect(told).toMatchObject([
        { type: 'character', rev: 4, character: entry },
        { type: 'message', rev: 5, message: { seq: 1, content: 'tess added Sage, who answers every message.' } },
        {
          type: 'message',
          rev: 6,
          message: {
            seq: 2,
            kind: 'text',
            status: null,
            reply: null,
            content: 'Good day!',
            author: { type: 'character', id: greeter.id, name: 'Sage' },
          },
        },
      ]);
      expect((await loadChanges(world().deps, room.id, 3, 10)).events).toEqual(told);
      expect(await joinedSeq(greeter.id)).toBe(1);
      // The greeting is posted again when the character is removed and comes back, but not when only `autoReply` changes.
      await add(greeter.id, 'mention');
      expect(toldIn(world(), room.id).at(-1)).toMatchObject({ message: { seq: 3, content: 'tess set Sage to answer when mentioned.' } });
      expect(await joinedSeq(greeter.id)).toBe(1);
      // Both take the place of that line, and the greeting comes after it.
      await remove(greeter.id);
      await add(greeter.id);
      expect(toldIn(world(), room.id).slice(-2)).toMatchObject([
        { message: { seq: 3, content: 'tess added Sage.' } },
        { message: { seq: 4, content: 'Good day!' } },
      ]);
      expect(await joinedSeq(greeter.id)).toBe(3);
    });

    it('change nothing when they are so already', async () => {
      const entry = await add(sage.id, 'always');
      world().bus.clear();
      expect(await add(sage.id, 'always')).toEqual(entry);
      expect(world().bus.published).toEqual([]);
      expect((await details()).rev).toBe(5);
    });

    it('come in once, whoever adds them at once', async () => {
      const instances = [new RoomAccess(world().deps), new RoomAccess(world().deps)];
      const entries = await Promise.all(
        Array.from({ length: 6 }, (_, i) =>
          instances[i % 2]!.run(owner.actor, room.id, 'rooms.addCharacter', (target) =>
            addCharacter(world().deps, target, { characterId: sage.id, autoReply: 'mention' }),
          ),
        ),
      );
      expect(new Set(entries.map(({ rev }) => rev)).size).toBe(1);
      expect((await details()).rev).toBe(5);
    });

    it('go with a line, and the next message calls them no more', async () => {
      await add(sage.id, 'always');
      world().bus.clear();
      const entry = await remove(sage.id);
      expect(entry).toMatchObject({ character: sage, rev: 6 });
      const told = toldIn(world(), room.id);
      expect(told).toEqual([
        { type: 'character', rev: 6, character: entry, left: true },
        { type: 'message', rev: 7, message: systemLine(room.id, 1, 7, 'tess removed Sage.') },
      ]);
      expect((await loadChanges(world().deps, room.id, 5, 10)).events).toEqual(told);
      const proof = await as(world(), owner, room.id, 'messages.send', (target) => Promise.resolve(target));
      expect(proof.characters.map(({ character }) => character.handle)).toEqual(['ada']);
      await expect(remove(sage.id)).rejects.toMatchObject({ code: 'CHARACTER_NOT_FOUND' });
      await remove(assistantId);
      expect((await details()).characters).toEqual([]);
    });

    it('move members_rev, so that no message relies on who was there before', async () => {
      const before = await as(world(), owner, room.id, 'messages.send', (target) => Promise.resolve(target));
      await add(sage.id, 'always');
      const [row] = await world().deps.db.$queryRaw<{ membersRev: number; lastRev: number }[]>`
        select members_rev as "membersRev", last_rev as "lastRev" from room_counters where room_id = ${room.id}::uuid`;
      expect(row).toEqual({ membersRev: 5, lastRev: 5 });
      expect(before.membersRev).toBe(3);
    });

    it('are added by moderators, to rooms that are open, if they exist, up to a number', async () => {
      const bob = await world().registerMember(`bob-${n}`, room.id);
      await expect(add(sage.id, 'mention', bob)).rejects.toMatchObject({ code: 'FORBIDDEN' });
      await expect(remove(assistantId, bob)).rejects.toMatchObject({ code: 'FORBIDDEN' });
      await expect(add(uuidv7())).rejects.toMatchObject({ code: 'CHARACTER_NOT_FOUND' });

      const { db } = world().deps;
      const extra = maxCharactersPerRoom - 1;
      await db.$executeRaw`insert into handles (handle) select ${`extra-${n}-`} || i from generate_series(1, ${extra}::int) i`;
      await db.$executeRaw`
        with made as (
          insert into characters (id, handle, name, avatar)
          select gen_random_uuid(), ${`extra-${n}-`} || i, 'Extra', '{"hue": 0, "glyph": "bot"}'::jsonb from generate_series(1, ${extra}::int) i
          returning id
        ),
        counter as (
          update room_counters set last_rev = last_rev + ${extra}::int, members_rev = last_rev + ${extra}::int where room_id = ${room.id}::uuid
          returning last_rev
        )
        insert into room_characters (room_id, character_id, rev)
        select ${room.id}::uuid, made.id, counter.last_rev - ${extra}::int + row_number() over () from made cross join counter`;
      await expect(add(sage.id)).rejects.toMatchObject({ code: 'FORBIDDEN', message: expect.stringContaining('at most') });
      await expect(add(assistantId, 'always')).resolves.toMatchObject({ autoReply: 'always' });

      await as(world(), owner, room.id, 'rooms.archive', (target) => archiveRoom(world().deps, target, true));
      await expect(add(sage.id)).rejects.toMatchObject({ code: 'ROOM_ARCHIVED' });
      await expect(remove(assistantId)).rejects.toMatchObject({ code: 'ROOM_ARCHIVED' });
    });
  });
}
