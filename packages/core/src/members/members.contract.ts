import { channels, type RoomRole, type RoomView } from '@parley/contracts';
import { beforeEach, describe, expect, it } from 'vitest';
import { disableAccount } from '../accounts/disable-account.js';
import { sharedWorld } from '../testing/shared-world.js';
import type { TestUser } from '../testing/test-world.js';
import { addMember } from './add-member.js';
import { archiveRoom } from '../rooms/archive-room.js';
import { createRoom } from '../rooms/create-room.js';
import { getRoom } from '../rooms/get-room.js';
import { joinRoom } from './join-room.js';
import { listJoinedRooms } from '../rooms/list-joined-rooms.js';
import { removeMember } from './remove-member.js';
import { RoomAccess } from '../access/room-access.js';
import { setRole } from './set-role.js';
import { as, inboxOf, systemLine, toldIn } from '../rooms/testing-rooms.js';
import { updateRoom } from '../rooms/update-room.js';

export function membersSuite(kind: 'pglite' | 'postgres'): void {
  describe(`members (${kind})`, () => {
    const world = sharedWorld(kind);
    let n = 0;
    let owner: TestUser;
    let bob: TestUser;
    let room: RoomView;

    beforeEach(async () => {
      n++;
      owner = world().owner;
      bob = await world().register(`bob-${n}`);
      room = await makeRoom('private');
    });

    const makeRoom = (visibility: 'public' | 'private') =>
      createRoom(world().deps, owner.actor, { name: `Room ${n}`, topic: '', visibility });
    const add = (by: TestUser, username: string, roomId = room.id) =>
      as(world(), by, roomId, 'rooms.addMember', (target) => addMember(world().deps, target, username));
    const remove = (by: TestUser, username: string, roomId = room.id) =>
      as(world(), by, roomId, 'rooms.removeMember', (target) => removeMember(world().deps, target, username));
    const give = (by: TestUser, username: string, role: RoomRole, roomId = room.id) =>
      as(world(), by, roomId, 'rooms.setRole', (target) => setRole(world().deps, target, { username, role }));
    const details = (by: TestUser, roomId = room.id) => as(world(), by, roomId, 'rooms.get', (target) => getRoom(world().deps, target));

    describe('added by another', () => {
      it('come in with a line, find all said before read, and hear of it', async () => {
        world().bus.clear();
        const member = await add(owner, bob.user.username);
        expect(member).toMatchObject({ user: { id: bob.user.id }, role: 'member', rev: 4 });
        const now = await details(bob);
        expect(toldIn(world(), room.id)).toEqual([
          { type: 'member', rev: 4, member, left: false },
          { type: 'room', rev: 5, room: now.room },
          { type: 'message', rev: 6, message: systemLine(room.id, 1, 6, `tess added bob-${n}.`) },
        ]);
        expect(now.room).toEqual({ ...room, memberCount: 2, rev: 5 });
        expect(now.members).toContainEqual(member);
        expect(now.mine).toMatchObject({ lastReadSeq: 1, unread: 0 });
        expect(inboxOf(world(), bob)).toEqual([{ type: 'room', room: now.room, mine: now.mine }]);
        expect(world().bus.on(channels.user(bob.user.id))).toContainEqual({ type: 'membership', roomId: room.id });
        // The owner, who added the member, had read everything before.
        expect((await details(owner)).mine).toMatchObject({ lastReadSeq: 1, unread: 0 });
      });

      it('once: again changes nothing, and leaves a role as it is', async () => {
        await add(owner, bob.user.username);
        const moderator = await give(owner, bob.user.username, 'moderator');
        world().bus.clear();
        expect(await add(owner, bob.user.username)).toEqual(moderator);
        expect(world().bus.published).toEqual([]);
      });

      it('take up their old row when they were here before', async () => {
        await add(owner, bob.user.username);
        await give(owner, bob.user.username, 'moderator');
        await remove(owner, bob.user.username);
        expect(await add(owner, bob.user.username)).toMatchObject({ role: 'member' });
        expect((await details(bob)).room.memberCount).toBe(2);
      });

      it('are added once by many who add them at once, also while they join by themselves', async () => {
        const open = await makeRoom('public');
        const elsewhere = new RoomAccess(world().deps);
        const attempts = Array.from({ length: 6 }, (_, i) =>
          i % 2
            ? add(owner, bob.user.username, open.id)
            : elsewhere.run(bob.actor, open.id, 'rooms.join', (target) => joinRoom(world().deps, target)),
        );
        await Promise.all(attempts);
        const now = await details(owner, open.id);
        expect(now).toMatchObject({ room: { memberCount: 2, rev: 5 }, rev: 6 });
        expect(now.members).toHaveLength(2);
      });

      it('by moderators, and in a public room by anyone in it', async () => {
        const carol = await world().register(`carol-${n}`);
        await add(owner, bob.user.username);
        await expect(add(bob, carol.user.username)).rejects.toMatchObject({ code: 'FORBIDDEN' });
        await give(owner, bob.user.username, 'moderator');
        await expect(add(bob, carol.user.username)).resolves.toMatchObject({ role: 'member' });
        const open = await makeRoom('public');
        await expect(add(bob, carol.user.username, open.id)).rejects.toMatchObject({ code: 'FORBIDDEN', message: 'Join the room first.' });
        await add(owner, bob.user.username, open.id);
        await expect(add(bob, carol.user.username, open.id)).resolves.toMatchObject({ role: 'member' });
      });

      it('only if they exist, stand, and the room is open', async () => {
        await expect(add(owner, 'nobody-here')).rejects.toMatchObject({ code: 'USER_NOT_FOUND' });
        await expect(add(owner, 'ada')).rejects.toMatchObject({ code: 'USER_NOT_FOUND' });
        await disableAccount(world().deps, null, { username: bob.user.username });
        await expect(add(owner, bob.user.username)).rejects.toMatchObject({ code: 'USER_NOT_FOUND' });
        const carol = await world().register(`carol-${n}`);
        await as(world(), owner, room.id, 'rooms.archive', (target) => archiveRoom(world().deps, target, true));
        await expect(add(owner, carol.user.username)).rejects.toMatchObject({ code: 'ROOM_ARCHIVED' });
        expect((await details(owner)).rev).toBe(5);
      });
    });

    describe('removed', () => {
      it('are out with their row kept and a line, and hear of it; a private room is then unknown to them', async () => {
        await add(owner, bob.user.username);
        world().bus.clear();
        const left = await remove(owner, bob.user.username);
        expect(left).toEqual({ ...room, memberCount: 1, rev: 8 });
        expect(toldIn(world(), room.id)).toMatchObject([
          { type: 'member', rev: 7, left: true, member: { user: { id: bob.user.id }, rev: 7 } },
          { type: 'room', rev: 8, room: left },
          { type: 'message', rev: 9, message: { seq: 1, content: `tess removed bob-${n}.` } },
        ]);
        expect(inboxOf(world(), bob)).toEqual([{ type: 'room', room: left, mine: null }]);
        await expect(details(bob)).rejects.toMatchObject({ code: 'ROOM_NOT_FOUND' });
      });

      it('write nothing from that commit on, wherever their membership is remembered', async () => {
        await add(owner, bob.user.username);
        await give(owner, bob.user.username, 'moderator');
        const elsewhere = new RoomAccess(world().deps);
        const rename = () =>
          elsewhere.run(bob.actor, room.id, 'rooms.update', (target) => updateRoom(world().deps, target, { name: 'Still mine' }));
        await rename();
        await remove(owner, bob.user.username);
        await expect(rename()).rejects.toMatchObject({ code: 'ROOM_NOT_FOUND' });
      });

      it('by an owner anyone, by a moderator plain members only', async () => {
        const [carol, dave] = [await world().register(`carol-${n}`), await world().register(`dave-${n}`)];
        for (const { user } of [bob, carol, dave]) await add(owner, user.username);
        await expect(remove(bob, carol.user.username)).rejects.toMatchObject({ code: 'FORBIDDEN' });
        await give(owner, bob.user.username, 'moderator');
        await give(owner, carol.user.username, 'moderator');
        for (const username of [carol.user.username, owner.user.username]) {
          await expect(remove(bob, username)).rejects.toMatchObject({ code: 'FORBIDDEN' });
        }
        await expect(remove(bob, dave.user.username)).resolves.toMatchObject({ memberCount: 3 });
        await give(owner, carol.user.username, 'owner');
        await expect(remove(owner, carol.user.username)).resolves.toMatchObject({ memberCount: 2 });
      });

      it('by themselves is leaving, and the last owner stays', async () => {
        await add(owner, bob.user.username);
        await give(owner, bob.user.username, 'moderator');
        await remove(bob, bob.user.username);
        expect(toldIn(world(), room.id).at(-1)).toMatchObject({ message: { content: `bob-${n} left.` } });
        await expect(remove(owner, owner.user.username)).rejects.toMatchObject({ code: 'LAST_OWNER' });
      });

      it('only if they are there', async () => {
        await expect(remove(owner, bob.user.username)).rejects.toMatchObject({ code: 'USER_NOT_FOUND' });
        await expect(remove(owner, 'nobody-here')).rejects.toMatchObject({ code: 'USER_NOT_FOUND' });
        expect((await details(owner)).rev).toBe(3);
      });
    });

    describe('given a role', () => {
      it('have it at once, with a line, and hear of it', async () => {
        await add(owner, bob.user.username);
        world().bus.clear();
        const member = await give(owner, bob.user.username, 'moderator');
        expect(member).toMatchObject({ role: 'moderator', rev: 7 });
        expect(toldIn(world(), room.id)).toEqual([
          { type: 'member', rev: 7, member, left: false },
          { type: 'message', rev: 8, message: systemLine(room.id, 2, 8, `tess made bob-${n} a moderator.`) },
        ]);
        const now = await details(bob);
        expect(now.members).toContainEqual(member);
        expect(inboxOf(world(), bob)).toEqual([{ type: 'room', room: now.room, mine: now.mine }]);
        expect(now.mine).toMatchObject({ role: 'moderator', lastSeq: 2, lastReadSeq: 1, unread: 0 });
        expect((await details(owner)).mine.unread).toBe(0);
      });

      it('they have already: nothing is written', async () => {
        const member = await add(owner, bob.user.username);
        world().bus.clear();
        expect(await give(owner, bob.user.username, 'member')).toEqual(member);
        expect(world().bus.published).toEqual([]);
      });

      it('by owners only, and the last owner stays one', async () => {
        await add(owner, bob.user.username);
        await expect(give(bob, bob.user.username, 'owner')).rejects.toMatchObject({ code: 'FORBIDDEN' });
        await expect(give(owner, owner.user.username, 'member')).rejects.toMatchObject({ code: 'LAST_OWNER' });
        await give(owner, bob.user.username, 'owner');
        await expect(give(owner, owner.user.username, 'member')).resolves.toMatchObject({ role: 'member' });
        await expect(give(owner, owner.user.username, 'owner')).rejects.toMatchObject({ code: 'FORBIDDEN' });
        await expect(give(bob, bob.user.username, 'moderator')).rejects.toMatchObject({ code: 'LAST_OWNER' });
        await expect(give(bob, 'nobody-here', 'moderator')).rejects.toMatchObject({ code: 'USER_NOT_FOUND' });
      });

      it('leave one owner of two who step down at once', async () => {
        await add(owner, bob.user.username);
        await give(owner, bob.user.username, 'owner');
        const instances = [new RoomAccess(world().deps), new RoomAccess(world().deps)];
        const results = await Promise.allSettled(
          [owner, bob].map(({ actor, user }, i) =>
            instances[i]!.run(actor, room.id, 'rooms.setRole', (target) =>
              setRole(world().deps, target, { username: user.username, role: 'member' }),
            ),
          ),
        );
        expect(results.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
        expect(results.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'LAST_OWNER' } });
      });

      it('in an archived room too, without a line', async () => {
        await add(owner, bob.user.username);
        await as(world(), owner, room.id, 'rooms.archive', (target) => archiveRoom(world().deps, target, true));
        world().bus.clear();
        const member = await give(owner, bob.user.username, 'owner');
        expect(toldIn(world(), room.id)).toEqual([{ type: 'member', rev: member.rev, member, left: false }]);
        expect(await details(bob)).toMatchObject({ rev: member.rev, mine: { role: 'owner', lastSeq: 2 } });
      });
    });

    it('show in the list of rooms only where they are in', async () => {
      await add(owner, bob.user.username);
      expect((await listJoinedRooms(world().deps, bob.actor)).map((entry) => entry.room.id)).toContain(room.id);
      await remove(owner, bob.user.username);
      expect((await listJoinedRooms(world().deps, bob.actor)).map((entry) => entry.room.id)).not.toContain(room.id);
    });
  });
}
