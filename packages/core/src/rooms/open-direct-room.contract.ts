import { v7 as uuidv7 } from 'uuid';
import { beforeEach, describe, expect, it } from 'vitest';
import { disableAccount } from '../accounts/disable-account.js';
import { logout } from '../sessions/logout.js';
import { assistantId } from '../characters/assistant.js';
import { addCharacter } from '../characters/add-character.js';
import { createCharacter } from '../characters/create-character.js';
import { removeCharacter } from '../characters/remove-character.js';
import { listMessages } from '../messages/list-messages.js';
import { sharedWorld } from '../testing/shared-world.js';
import type { TestUser } from '../testing/test-world.js';
import { addMember } from '../members/add-member.js';
import { getRoom } from './get-room.js';
import { leaveRoom } from '../members/leave-room.js';
import { listJoinedRooms } from './list-joined-rooms.js';
import { listPublicRooms } from './list-public-rooms.js';
import { openDirectRoom, type DirectInput } from './open-direct-room.js';
import { removeMember } from '../members/remove-member.js';
import { as, inboxOf } from './testing-rooms.js';
import { updateRoom } from './update-room.js';

export function openDirectRoomSuite(kind: 'pglite' | 'postgres'): void {
  describe(`direct rooms (${kind})`, () => {
    const world = sharedWorld(kind);
    let n = 0;
    let bob: TestUser;
    let carol: TestUser;

    beforeEach(async () => {
      n++;
      [bob, carol] = [await world().register(`bob-${n}`), await world().register(`carol-${n}`)];
      world().bus.clear();
    });

    const open = (by: TestUser, input: DirectInput) => openDirectRoom(world().deps, by.actor, input);
    const details = (by: TestUser, roomId: string) => as(world(), by, roomId, 'rooms.get', (room) => getRoom(world().deps, room));
    const character = (greeting = '') =>
      createCharacter(world().deps, carol.actor, {
        handle: `sage-${n}`,
        name: 'Sage',
        tagline: '',
        systemPrompt: 'Be wise.',
        model: null,
        temperature: null,
        greeting,
      });

    it('are one for two people, whoever asks, in the lists of both, each titled by the other', async () => {
      const room = await open(bob, { username: carol.user.username });
      expect(room).toMatchObject({ name: '', topic: '', visibility: 'direct', memberCount: 2, rev: 1 });
      expect(await open(carol, { username: bob.user.username })).toEqual(room);
      const [his, hers] = [await details(bob, room.id), await details(carol, room.id)];
      expect(his.members.map(({ user, role, rev }) => [user.username, role, rev])).toEqual([
        [bob.user.username, 'member', 2],
        [carol.user.username, 'member', 3],
      ]);
      expect(his.characters.map((entry) => [entry.character.handle, entry.autoReply, entry.rev])).toEqual([['ada', 'mention', 4]]);
      expect(his.rev).toBe(4);
      const side = ({ user }: TestUser) => ({ type: 'user', id: user.id, name: user.displayName, avatar: user.avatar });
      expect([his.mine.direct, hers.mine.direct]).toEqual([side(carol), side(bob)]);
      expect(inboxOf(world(), bob)).toEqual([{ type: 'room', room, mine: his.mine }]);
      expect(inboxOf(world(), carol)).toEqual([{ type: 'room', room, mine: hers.mine }]);
      expect(await listJoinedRooms(world().deps, carol.actor)).toContainEqual({ room, mine: hers.mine });
    });

    it('are made once by both sides asking at once, many times', async () => {
      const asked = Array.from({ length: 10 }, (_, i) =>
        i % 2 ? open(bob, { username: carol.user.username }) : open(carol, { username: bob.user.username }),
      );
      const rooms = await Promise.all(asked);
      expect(new Set(rooms.map(({ id }) => id)).size).toBe(1);
      expect((await details(bob, rooms[0]!.id)).rev).toBe(4);
      expect(inboxOf(world(), bob)).toHaveLength(1);
    });

    it('with a character begin with its greeting, which it knows; it answers always, and the assistant is there for commands', async () => {
      const { character: sage } = await character('Ask me anything.');
      const room = await open(bob, { characterId: sage.id });
      expect(await open(bob, { characterId: sage.id })).toEqual(room);
      const own = await details(bob, room.id);
      expect(own.room.memberCount).toBe(1);
      expect(own.mine).toMatchObject({ role: 'owner', lastReadSeq: 1, lastSeq: 1, unread: 0 });
      expect(own.mine.direct).toEqual({ type: 'character', id: sage.id, name: 'Sage', avatar: sage.avatar });
      expect(own.characters.map((entry) => [entry.character.handle, entry.autoReply]).toSorted()).toEqual([
        ['ada', 'mention'],
        [sage.handle, 'always'],
      ]);
      const { items, rev } = await as(world(), bob, room.id, 'messages.list', (target) =>
        listMessages(world().deps, target, { limit: 10 }),
      );
      expect(rev).toBe(own.rev);
      expect(items).toMatchObject([
        { seq: 1, rev: own.rev, kind: 'text', author: { type: 'character', id: sage.id, name: 'Sage' }, content: 'Ask me anything.' },
      ]);
      // Each person has a direct room of their own with the character.
      expect((await open(carol, { characterId: sage.id })).id).not.toBe(room.id);
    });

    it('with the assistant have her once, answering always', async () => {
      const room = await open(bob, { characterId: assistantId });
      const { characters, rev, mine } = await details(bob, room.id);
      expect(characters.map((entry) => [entry.character.handle, entry.autoReply, entry.rev])).toEqual([['ada', 'always', 3]]);
      expect(rev).toBe(3);
      expect(mine).toMatchObject({ lastSeq: 0, direct: { type: 'character', id: assistantId, name: 'Ada' } });
    });

    it('are for their two alone: unknown to others, in no list, and nobody comes, goes or changes them', async () => {
      const room = await open(bob, { username: carol.user.username });
      const dave = await world().register(`dave-${n}`);
      await expect(details(dave, room.id)).rejects.toMatchObject({ code: 'ROOM_NOT_FOUND' });
      expect((await listPublicRooms(world().deps, dave.actor)).map(({ id }) => id)).not.toContain(room.id);
      const own = await open(bob, { characterId: assistantId });
      const { deps } = world();
      for (const refused of [
        () => as(world(), bob, own.id, 'rooms.addMember', (target) => addMember(deps, target, dave.user.username)),
        () => as(world(), bob, room.id, 'rooms.addMember', (target) => addMember(deps, target, dave.user.username)),
        () => as(world(), bob, own.id, 'rooms.removeMember', (target) => removeMember(deps, target, dave.user.username)),
        () => as(world(), bob, own.id, 'rooms.removeMember', (target) => removeMember(deps, target, bob.user.username)),
        () => as(world(), bob, room.id, 'rooms.leave', (target) => leaveRoom(deps, target)),
        () => as(world(), bob, own.id, 'rooms.update', (target) => updateRoom(deps, target, { name: 'Ours' })),
        () =>
          as(world(), bob, own.id, 'rooms.addCharacter', (target) =>
            addCharacter(deps, target, { characterId: assistantId, autoReply: 'mention' }),
          ),
        () => as(world(), bob, own.id, 'rooms.removeCharacter', (target) => removeCharacter(deps, target, assistantId)),
      ]) {
        await expect(refused()).rejects.toMatchObject({ code: 'FORBIDDEN' });
      }
      expect((await details(bob, room.id)).rev).toBe(4);
    });

    it('are refused with the caller themselves, with someone who does not exist, and from an ended session', async () => {
      await expect(open(bob, { username: bob.user.username })).rejects.toMatchObject({ code: 'VALIDATION' });
      await expect(open(bob, { username: 'nobody-here' })).rejects.toMatchObject({ code: 'USER_NOT_FOUND' });
      await expect(open(bob, { username: 'ada' })).rejects.toMatchObject({ code: 'USER_NOT_FOUND' });
      await expect(open(bob, { characterId: uuidv7() })).rejects.toMatchObject({ code: 'CHARACTER_NOT_FOUND' });
      await disableAccount(world().deps, null, { username: carol.user.username });
      await expect(open(bob, { username: carol.user.username })).rejects.toMatchObject({ code: 'USER_NOT_FOUND' });
      await logout(world().deps, bob.actor, { everywhere: false });
      await expect(open(bob, { characterId: assistantId })).rejects.toMatchObject({ code: 'SESSION_REVOKED' });
    });
  });
}
