import { systemText, type AutoReply, type MessageView, type RoomRole, type RoomView } from '@parley/contracts';
import { beforeEach, describe, expect, it } from 'vitest';
import { addCharacter } from '../characters/add-character.js';
import { createCharacter } from '../characters/create-character.js';
import { removeCharacter } from '../characters/remove-character.js';
import { addMember } from '../members/add-member.js';
import { joinRoom } from '../members/join-room.js';
import { removeMember } from '../members/remove-member.js';
import { setRole } from '../members/set-role.js';
import { listMessages } from '../messages/list-messages.js';
import { send } from '../messages/testing-messages.js';
import { archiveRoom } from '../rooms/archive-room.js';
import { createRoom } from '../rooms/create-room.js';
import { as, toldIn } from '../rooms/testing-rooms.js';
import { updateRoom } from '../rooms/update-room.js';
import { loadChanges } from '../sync/load-changes.js';
import { sharedWorld } from '../testing/shared-world.js';
import type { TestUser } from '../testing/test-world.js';

/** What one person does again and again, with nothing said in between, is one line that says how it is now. */
export function foldedLinesSuite(kind: 'pglite' | 'postgres'): void {
  describe(`lines of one kind about one thing (${kind})`, () => {
    const world = sharedWorld(kind);
    let n = 0;
    let owner: TestUser;
    let bob: TestUser;
    let room: RoomView;

    const deps = () => world().deps;
    const update = (change: Parameters<typeof updateRoom>[2], by = owner) =>
      as(world(), by, room.id, 'rooms.update', (target) => updateRoom(deps(), target, change));
    const archive = (archived: boolean) => as(world(), owner, room.id, 'rooms.archive', (target) => archiveRoom(deps(), target, archived));
    const give = (role: RoomRole, who: TestUser, by = owner) =>
      as(world(), by, room.id, 'rooms.setRole', (target) => setRole(deps(), target, { username: who.user.username, role }));
    const place = (characterId: string, autoReply: AutoReply = 'mention') =>
      as(world(), owner, room.id, 'rooms.addCharacter', (target) => addCharacter(deps(), target, { characterId, autoReply }));
    const takeOut = (characterId: string) =>
      as(world(), owner, room.id, 'rooms.removeCharacter', (target) => removeCharacter(deps(), target, characterId));
    const say = () => send(world(), owner, 'Something else', {}, room.id);
    const messages = async (): Promise<MessageView[]> =>
      (await as(world(), owner, room.id, 'messages.list', (target) => listMessages(deps(), target, { limit: 100 }))).items;
    /** The lines so far, without the one that says that bob came. */
    const lines = async () => {
      const all = (await messages()).filter(({ kind: each }) => each === 'system').slice(1);
      for (const { system, content } of all) expect(systemText(system!)).toBe(content);
      return all.map(({ content }) => content);
    };
    const character = async (greeting = '') => {
      const handle = `sage-${n}-${Math.random().toString(36).slice(2, 8)}`;
      const made = { handle, name: 'Sage', tagline: '', systemPrompt: '', model: null, temperature: null, greeting };
      return (await createCharacter(deps(), owner.actor, made)).character.id;
    };

    beforeEach(async () => {
      n++;
      owner = world().owner;
      bob = await world().register(`bob-${n}`);
      room = await createRoom(deps(), owner.actor, { name: 'One', topic: '', visibility: 'public' });
      await as(world(), owner, room.id, 'rooms.addMember', (target) => addMember(deps(), target, bob.user.username));
      world().bus.clear();
    });

    it('of the room: the last name and the last topic, in one line, which readers are told of as of any change', async () => {
      const from = (await loadChanges(deps(), room.id, 0, 100)).head.rev;
      await update({ name: 'Two' });
      const [, first] = await messages();
      for (const name of ['Three', 'One', 'Four']) await update({ name });
      expect(await lines()).toEqual(['tess renamed the room to “Four”.']);
      await update({ topic: 'Boats' });
      await update({ topic: 'Ships', visibility: 'private' });
      expect(await lines()).toEqual(['tess renamed the room to “Four” and set the topic to “Ships” and made the room private.']);
      await archive(true);
      await archive(false);
      await update({ name: 'Five' });
      expect(await lines()).toEqual([
        'tess set the topic to “Ships” and made the room private and reopened the room and renamed the room to “Five”.',
      ]);
      const [, last] = await messages();
      expect(last).toMatchObject({ id: first!.id, seq: first!.seq, createdAt: first!.createdAt });
      // Each change was an event with revs of its own; what is read afterwards is the last of them.
      const told = toldIn(world(), room.id);
      expect(told.map(({ rev }) => rev)).toEqual(Array.from({ length: 18 }, (_, i) => from + 1 + i));
      expect((await loadChanges(deps(), room.id, from, 100)).events).toEqual(told.slice(-2));
      expect(told.at(-1)).toEqual({ type: 'message', rev: last!.rev, message: last });
    });

    it('of a role: given and taken again', async () => {
      await give('moderator', bob);
      await give('owner', bob);
      await give('member', bob);
      expect(await lines()).toEqual([`tess made bob-${n} a member.`]);
      const carol = await world().registerMember(`carol-${n}`, room.id);
      await give('moderator', carol);
      // Of another person; and the line that carol came stands between what was said of bob.
      await give('moderator', bob);
      expect((await lines()).slice(2)).toEqual([`tess made carol-${n} a moderator.`, `tess made bob-${n} a moderator.`]);
      await give('owner', bob);
      await give('member', carol);
      expect((await lines()).slice(2)).toEqual([`tess made carol-${n} a member.`, `tess made bob-${n} an owner.`]);
    });

    it('of a character: that it came, with what it does now, or that it went', async () => {
      const sage = await character();
      await place(sage);
      await place(sage, 'always');
      expect(await lines()).toEqual(['tess added Sage, who answers every message.']);
      await takeOut(sage);
      expect(await lines()).toEqual(['tess removed Sage.']);
      await place(sage);
      expect(await lines()).toEqual(['tess added Sage.']);
      await say();
      await place(sage, 'always');
      await place(sage, 'mention');
      expect(await lines()).toEqual(['tess added Sage.', 'tess set Sage to answer when mentioned.']);
      const [row] = await deps().db.$queryRaw<{ joinedSeq: number }[]>`
        select joined_seq as "joinedSeq" from room_characters where room_id = ${room.id}::uuid and character_id = ${sage}::uuid`;
      // It knows what was said since it came last.
      expect(row).toEqual({ joinedSeq: 2 });
      const other = await character('Good day!');
      await place(other);
      await takeOut(other);
      // What the character said stands between.
      expect((await messages()).slice(-3).map(({ content }) => content)).toEqual(['tess added Sage.', 'Good day!', 'tess removed Sage.']);
    });

    it('but not over what somebody else did, so that the last line tells how it is', async () => {
      await give('owner', bob);
      await update({ topic: 'By tess' });
      await update({ topic: 'By bob' }, bob);
      await update({ topic: 'By tess again' });
      expect((await lines()).slice(1)).toEqual([
        'tess set the topic to “By tess”.',
        `bob-${n} set the topic to “By bob”.`,
        'tess set the topic to “By tess again”.',
      ]);
      const carol = await world().register(`carol-${n}`);
      const join = () => as(world(), carol, room.id, 'rooms.join', (target) => joinRoom(deps(), target));
      const remove = () => as(world(), owner, room.id, 'rooms.removeMember', (target) => removeMember(deps(), target, carol.user.username));
      await join();
      await remove();
      await join();
      await remove();
      expect((await lines()).slice(-2)).toEqual([`carol-${n} joined.`, `tess removed carol-${n}.`]);
    });

    it('but not over what was said, or a line that is an hour old, pinned, or reacted to', async () => {
      await update({ topic: 'A' });
      await say();
      await update({ topic: 'B' });
      expect(await lines()).toHaveLength(2);
      for (const [left, sql] of [
        [3, 'pinned_at = now()'],
        [4, `reactions = '[{"emoji":"👋","userIds":[],"count":1}]'`],
        [5, "created_at = now() - interval '61 minutes'"],
      ] as const) {
        await deps().db.$executeRawUnsafe(
          `update messages set ${sql} where id = (select id from messages where room_id = $1::uuid order by seq desc limit 1)`,
          room.id,
        );
        await update({ topic: `Topic ${left}` });
        expect(await lines()).toHaveLength(left);
      }
    });
  });
}
