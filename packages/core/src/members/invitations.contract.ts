import { channels, type AddedMember, type RoomRole, type RoomView } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { beforeEach, describe, expect, it } from 'vitest';
import { disableAccount } from '../accounts/disable-account.js';
import { enableAccount } from '../accounts/enable-account.js';
import { RoomAccess } from '../access/room-access.js';
import { archiveRoom } from '../rooms/archive-room.js';
import { createRoom } from '../rooms/create-room.js';
import { getRoom } from '../rooms/get-room.js';
import { as, inboxOf, systemLine, toldIn } from '../rooms/testing-rooms.js';
import { updateRoom } from '../rooms/update-room.js';
import { loadInboxMarks } from '../sync/load-inbox-marks.js';
import { sharedWorld } from '../testing/shared-world.js';
import type { TestUser } from '../testing/test-world.js';
import { acceptInvitation } from './accept-invitation.js';
import { addMember } from './add-member.js';
import { declineInvitation } from './decline-invitation.js';
import { joinRoom } from './join-room.js';
import { leaveRoom } from './leave-room.js';
import { listInvitations } from './list-invitations.js';
import { removeMember } from './remove-member.js';
import { setRole } from './set-role.js';
import { withdrawInvitation } from './withdraw-invitation.js';

/** Whoever left a room by themselves comes back of their own will alone. */
export function invitationsSuite(kind: 'pglite' | 'postgres'): void {
  describe(`whoever left is invited, not added (${kind})`, () => {
    const world = sharedWorld(kind);
    let n = 0;
    let owner: TestUser;
    let host: TestUser;
    let bob: TestUser;
    /** A private room of `owner`, in which `host` is a moderator and which `bob` has left. */
    let room: RoomView;

    const deps = () => world().deps;
    const add = (by: TestUser, who = bob): Promise<AddedMember> =>
      as(world(), by, room.id, 'rooms.addMember', (target) => addMember(deps(), target, who.user.username));
    const leave = (by: TestUser) => as(world(), by, room.id, 'rooms.leave', (target) => leaveRoom(deps(), target));
    const remove = (by: TestUser, who: TestUser) =>
      as(world(), by, room.id, 'rooms.removeMember', (target) => removeMember(deps(), target, who.user.username));
    const give = (who: TestUser, role: RoomRole) =>
      as(world(), owner, room.id, 'rooms.setRole', (target) => setRole(deps(), target, { username: who.user.username, role }));
    const accept = (by: TestUser) => as(world(), by, room.id, 'rooms.acceptInvitation', (target) => acceptInvitation(deps(), target));
    const decline = (by: TestUser) => as(world(), by, room.id, 'rooms.declineInvitation', (target) => declineInvitation(deps(), target));
    const archive = (archived: boolean) => as(world(), owner, room.id, 'rooms.archive', (target) => archiveRoom(deps(), target, archived));
    const details = (by: TestUser) => as(world(), by, room.id, 'rooms.get', (target) => getRoom(deps(), target));
    /** The invitations that wait for bob. The totals that find lost events must count them alike. */
    const waiting = async () => {
      const list = await listInvitations(deps(), bob.actor);
      const marks = await loadInboxMarks(deps(), [bob.user.id]);
      expect(marks.get(bob.user.id)?.invitations).toBe(list.length);
      return list;
    };
    const told = () => world().bus.on(channels.user(bob.user.id));

    beforeEach(async () => {
      n++;
      owner = world().owner;
      [bob, host] = [await world().register(`bob-${n}`), await world().register(`host-${n}`)];
      room = await createRoom(deps(), owner.actor, { name: `Room ${n}`, topic: 'Not for all', visibility: 'private' });
      for (const who of [bob, host]) await add(owner, who);
      await give(host, 'moderator');
      await leave(bob);
      world().bus.clear();
    });

    const invitationBy = ({ user }: TestUser) => ({
      roomId: room.id,
      roomName: room.name,
      invitedBy: { id: user.id, username: user.username, displayName: user.displayName, avatar: user.avatar },
      invitedAt: expect.stringMatching(/Z$/) as string,
    });

    it('by adding them, which makes no member, writes no line, and tells only whom it concerns', async () => {
      const before = await details(owner);
      const { displayName, avatar, id, username } = bob.user;
      expect(await add(host)).toEqual({ user: { id, username, displayName, avatar }, invitedAt: expect.stringMatching(/Z$/) as string });
      expect(await details(owner)).toEqual(before);
      expect(toldIn(world(), room.id)).toEqual([]);
      expect(told()).toEqual([{ type: 'invitations' }]);
      expect(await waiting()).toEqual([invitationBy(host)]);
      await expect(details(bob)).rejects.toMatchObject({ code: 'ROOM_NOT_FOUND' });
    });

    it('once, whoever invites while an invitation waits', async () => {
      const first = await add(host);
      expect(await Promise.all([add(host), add(owner), add(host)])).toEqual([first, first, first]);
      expect(told()).toEqual([{ type: 'invitations' }]);
      expect(await waiting()).toEqual([invitationBy(host)]);
    });

    it('once by many who invite at the same moment', async () => {
      const elsewhere = new RoomAccess(deps());
      const answers = await Promise.all(
        Array.from({ length: 6 }, (_, i) =>
          i % 2
            ? add(host)
            : elsewhere.run(owner.actor, room.id, 'rooms.addMember', (target) => addMember(deps(), target, bob.user.username)),
        ),
      );
      expect(new Set(answers.map((answer) => 'invitedAt' in answer && answer.invitedAt)).size).toBe(1);
      expect(told()).toEqual([{ type: 'invitations' }]);
    });

    it('and is a member again by accepting, as by any join; accepting again changes nothing', async () => {
      await add(host);
      world().bus.clear();
      const joined = await accept(bob);
      const now = await details(bob);
      expect(joined).toEqual(now.room);
      expect(now).toMatchObject({ room: { memberCount: 3 }, mine: { role: 'member', unread: 0 } });
      // Nothing was said since bob left, so the line takes the place of the one that said so.
      expect(toldIn(world(), room.id).at(-1)).toMatchObject({
        type: 'message',
        message: systemLine(room.id, expect.any(Number) as number, now.rev, `bob-${n} joined.`),
      });
      expect(inboxOf(world(), bob)).toEqual([{ type: 'room', room: now.room, mine: now.mine }]);
      expect(await waiting()).toEqual([]);
      world().bus.clear();
      expect(await accept(bob)).toEqual(joined);
      expect(world().bus.published).toEqual([]);
    });

    it('and is left alone for a day after declining, by everyone in the room', async () => {
      await add(host);
      await decline(bob);
      expect(told()).toEqual([{ type: 'invitations' }, { type: 'invitations' }]);
      expect(await waiting()).toEqual([]);
      await expect(accept(bob)).rejects.toMatchObject({ code: 'ROOM_NOT_FOUND' });
      await expect(decline(bob)).rejects.toMatchObject({ code: 'ROOM_NOT_FOUND' });
      for (const by of [host, owner])
        await expect(add(by)).rejects.toMatchObject({ code: 'INVITATION_DECLINED', details: { field: 'username' } });
      expect(told()).toHaveLength(2);
      await deps().db.$executeRaw(Prisma.sql`
        update room_members set declined_at = declined_at - interval '1 day' where user_id = ${bob.user.id}::uuid and declined_at is not null`);
      await add(owner);
      expect(await waiting()).toEqual([invitationBy(owner)]);
    });

    it('and is no longer, once whoever may invite took it back; they may be invited again', async () => {
      const withdraw = (by: TestUser) =>
        as(world(), by, room.id, 'rooms.withdrawInvitation', (target) => withdrawInvitation(deps(), target, bob.user.username));
      await withdraw(host);
      expect(told()).toEqual([]);
      await add(host);
      world().bus.clear();
      const before = await details(owner);
      // Not only whoever invited; and once.
      await Promise.all([withdraw(owner), withdraw(host)]);
      await withdraw(owner);
      expect(told()).toEqual([{ type: 'invitations' }]);
      expect(toldIn(world(), room.id)).toEqual([]);
      expect(await details(owner)).toEqual(before);
      expect(await waiting()).toEqual([]);
      await expect(accept(bob)).rejects.toMatchObject({ code: 'ROOM_NOT_FOUND' });
      await add(host);
      expect(await waiting()).toEqual([invitationBy(host)]);
      await give(host, 'member');
      await expect(withdraw(host)).rejects.toMatchObject({ code: 'FORBIDDEN' });
      await accept(bob).catch(() => undefined);
      await archive(true);
      await withdraw(owner);
      await archive(false);
      await give(host, 'moderator');
      expect(await waiting()).toEqual([]);
    });

    it('and nobody takes it back who loses the right to at that moment on another instance', async () => {
      await add(host);
      const here = new RoomAccess(deps());
      let tries = 0;
      const answer = here.run(host.actor, room.id, 'rooms.withdrawInvitation', async (target) => {
        if (++tries === 1) await give(host, 'member');
        return await withdrawInvitation(deps(), target, bob.user.username);
      });
      await expect(answer).rejects.toMatchObject({ code: 'FORBIDDEN' });
      await give(host, 'moderator');
      expect([tries, await waiting()]).toEqual([1, [invitationBy(host)]]);
    });

    it('and needs no invitation to a public room, which they join as ever', async () => {
      await as(world(), owner, room.id, 'rooms.update', (target) => updateRoom(deps(), target, { visibility: 'public' }));
      await add(host);
      await as(world(), bob, room.id, 'rooms.join', (target) => joinRoom(deps(), target));
      expect(await waiting()).toEqual([]);
      // That they joined was their own choice: the next who adds them after they leave invites again.
      await leave(bob);
      expect(await waiting()).toEqual([]);
      expect(await add(owner)).toHaveProperty('invitedAt');
    });

    it('but whoever was removed is added, also after they once left by themselves', async () => {
      await add(host);
      await accept(bob);
      await remove(owner, bob);
      expect(await add(host)).toMatchObject({ user: { id: bob.user.id }, role: 'member' });
      expect(await details(bob)).toMatchObject({ mine: { role: 'member' } });
    });

    it('but of whom it is not known how they left is added, as processes of an earlier version do not say', async () => {
      // What such a process writes: bob, who is invited, joins, and leaves or is removed.
      await add(host);
      await deps().db.$executeRaw(Prisma.sql`
        with c as (update room_counters set last_rev = last_rev + 2, members_rev = last_rev + 2 where room_id = ${room.id}::uuid returning *)
        update room_members m set rev = c.last_rev, left_rev = c.last_rev from c where m.room_id = c.room_id and m.user_id = ${bob.user.id}::uuid`);
      expect(await waiting()).toEqual([]);
      await expect(accept(bob)).rejects.toMatchObject({ code: 'ROOM_NOT_FOUND' });
      expect(await add(host)).toMatchObject({ role: 'member' });
    });

    describe('by an invitation that counts while', () => {
      it('the inviter is in the room; another may then invite', async () => {
        await add(host);
        await leave(host);
        expect(await waiting()).toEqual([]);
        await expect(accept(bob)).rejects.toMatchObject({ code: 'ROOM_NOT_FOUND' });
        await add(owner);
        expect(await waiting()).toEqual([invitationBy(owner)]);
        expect(await accept(bob)).toMatchObject({ memberCount: 2 });
      });

      it('the inviter may add people', async () => {
        await add(host);
        await give(host, 'member');
        expect(await waiting()).toEqual([]);
        await expect(accept(bob)).rejects.toMatchObject({ code: 'ROOM_NOT_FOUND' });
        await give(host, 'moderator');
        expect(await waiting()).toEqual([invitationBy(host)]);
      });

      it('the inviter’s account is open', async () => {
        await add(host);
        await disableAccount(deps(), null, { username: host.user.username });
        expect(await waiting()).toEqual([]);
        await expect(accept(bob)).rejects.toMatchObject({ code: 'ROOM_NOT_FOUND' });
      });

      it('the room is not archived; it waits for the room to be opened again', async () => {
        await add(host);
        await archive(true);
        expect(await waiting()).toEqual([]);
        await expect(accept(bob)).rejects.toMatchObject({ code: 'ROOM_ARCHIVED' });
        await expect(add(owner)).rejects.toMatchObject({ code: 'ROOM_ARCHIVED' });
        await archive(false);
        expect(await waiting()).toEqual([invitationBy(host)]);
        await archive(true);
        await decline(bob);
        await archive(false);
        expect(await waiting()).toEqual([]);
      });

      it('the invited person’s account is open', async () => {
        await add(host);
        await disableAccount(deps(), null, { username: bob.user.username });
        await expect(accept(bob)).rejects.toMatchObject({ code: 'ACCOUNT_DISABLED' });
        await expect(add(owner)).rejects.toMatchObject({ code: 'USER_NOT_FOUND' });
        await enableAccount(deps(), null, { username: bob.user.username });
        expect(await waiting()).toEqual([invitationBy(host)]);
      });
    });

    it('and cannot accept what ends at that moment on another instance', async () => {
      await add(host);
      const here = new RoomAccess(deps());
      let tries = 0;
      const answer = here.run(bob.actor, room.id, 'rooms.acceptInvitation', async (target) => {
        // Authorised, and only then the inviter goes.
        if (++tries === 1) await leave(host);
        return await acceptInvitation(deps(), target);
      });
      await expect(answer).rejects.toMatchObject({ code: 'ROOM_NOT_FOUND' });
      expect(tries).toBe(1);
    });

    it('and cannot be invited by whoever loses the right at that moment on another instance', async () => {
      const here = new RoomAccess(deps());
      let tries = 0;
      const answer = here.run(host.actor, room.id, 'rooms.addMember', async (target) => {
        if (++tries === 1) await give(host, 'member');
        return await addMember(deps(), target, bob.user.username);
      });
      await expect(answer).rejects.toMatchObject({ code: 'FORBIDDEN' });
      expect([tries, told()]).toEqual([1, []]);
    });
  });
}
