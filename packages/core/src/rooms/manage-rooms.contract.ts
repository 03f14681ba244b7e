import { channels, type RoomView } from '@parley/contracts';
import { beforeEach, describe, expect, it } from 'vitest';
import { logout } from '../sessions/logout.js';
import { send } from '../messages/testing-messages.js';
import { sharedWorld } from '../testing/shared-world.js';
import type { TestUser } from '../testing/test-world.js';
import { archiveRoom } from './archive-room.js';
import { createRoom } from './create-room.js';
import { getRoom } from './get-room.js';
import { joinRoom } from '../members/join-room.js';
import { listPublicRooms } from './list-public-rooms.js';
import { requestStop } from '../replies/request-stop.js';
import { RoomAccess } from '../access/room-access.js';
import { setMute } from '../members/set-mute.js';
import { setRole } from '../members/set-role.js';
import { as, inboxOf, systemLine, toldIn } from './testing-rooms.js';
import { loadRetention } from './retention.js';
import { updateRoom, type UpdateRoomInput } from './update-room.js';

export function manageRoomsSuite(kind: 'pglite' | 'postgres'): void {
  describe(`the settings of a room (${kind})`, () => {
    const world = sharedWorld(kind);
    let n = 0;
    let owner: TestUser;
    let room: RoomView;
    let bob: TestUser;

    beforeEach(async () => {
      n++;
      owner = world().owner;
      room = await createRoom(world().deps, owner.actor, { name: `Room ${n}`, topic: 'About it', visibility: 'public' });
      bob = await world().registerMember(`bob-${n}`, room.id);
      world().bus.clear();
    });

    const update = (by: TestUser, input: UpdateRoomInput) =>
      as(world(), by, room.id, 'rooms.update', (target) => updateRoom(world().deps, target, input));
    const archive = (by: TestUser, archived: boolean) =>
      as(world(), by, room.id, 'rooms.archive', (target) => archiveRoom(world().deps, target, archived));
    const details = (by: TestUser) => as(world(), by, room.id, 'rooms.get', (target) => getRoom(world().deps, target));
    const moderate = () =>
      as(world(), owner, room.id, 'rooms.setRole', (target) =>
        setRole(world().deps, target, { username: bob.user.username, role: 'moderator' }),
      );

    it('are changed with a line that says what changed, and the room, its inboxes and the next reader see the same', async () => {
      const changed = await update(owner, { name: 'Harbour', topic: '' });
      expect(changed).toEqual({ ...room, name: 'Harbour', topic: '', memberCount: 2, rev: 7 });
      expect(toldIn(world(), room.id)).toEqual([
        { type: 'room', rev: 7, room: changed },
        { type: 'message', rev: 8, message: systemLine(room.id, 2, 8, 'tess renamed the room to “Harbour” and removed the topic.') },
      ]);
      expect(world().bus.on(channels.roomHead(room.id))).toEqual([{ seq: 2, rev: 8, room: changed }]);
      expect(await details(bob)).toMatchObject({ room: changed, rev: 8, mine: { lastSeq: 2, lastReadSeq: 1, unread: 0 } });
    });

    it('say who has a say over replies, which counts for who is in the room at once', async () => {
      await moderate();
      const { replies } = await send(world(), owner, '@ada hello', {}, room.id);
      const cat = await world().registerMember(`cat-${n}`, room.id);
      const stop = () =>
        world().access.runOfMessage(cat.actor, replies[0]!.id, 'replies.stop', (reply) => requestStop(world().deps, reply));
      await expect(stop()).rejects.toMatchObject({ code: 'FORBIDDEN' });
      const changed = await update(bob, { replyControl: 'anyone' });
      expect(changed.replyControl).toBe('anyone');
      expect((await details(cat)).room).toEqual(changed);
      expect(toldIn(world(), room.id).at(-1)).toMatchObject({
        message: { content: `${bob.user.displayName} let everyone stop replies and have them written again.` },
      });
      expect(await stop()).toMatchObject({ status: 'stopped', reply: { stoppedBy: cat.user.id } });
      // Set again it is no change.
      expect(await update(bob, { replyControl: 'anyone' })).toEqual(changed);
      expect(await update(bob, { replyControl: 'asker' })).not.toHaveProperty('replyControl');
    });

    it('say for how many days messages are kept, which an owner chooses within what the instance allows', async () => {
      const keep = (by: TestUser, retentionDays: number | null, retention = { days: 90 as number | null, leastDays: 7 }) =>
        as(world(), by, room.id, 'rooms.update', (target) => updateRoom({ ...world().deps, retention }, target, { retentionDays }));
      const rule = () =>
        as(world(), bob, room.id, 'rooms.retention', (target) =>
          loadRetention({ ...world().deps, retention: { days: 90, leastDays: 7 } }, target),
        );
      await moderate();
      await expect(keep(bob, 30)).rejects.toMatchObject({ code: 'FORBIDDEN', details: { field: 'retentionDays' } });
      await expect(keep(owner, 91)).rejects.toMatchObject({
        code: 'VALIDATION',
        details: { field: 'retentionDays' },
        message: expect.stringContaining('90'),
      });
      await expect(keep(owner, 6)).rejects.toMatchObject({
        code: 'VALIDATION',
        details: { field: 'retentionDays' },
        message: expect.stringContaining('7'),
      });
      expect(await rule()).toEqual({ days: 90, chosen: null, serverDays: 90, leastDays: 7 });
      expect((await keep(owner, 30)).retentionDays).toBe(30);
      expect(toldIn(world(), room.id).at(-1)).toMatchObject({
        message: { content: `${owner.user.displayName} had messages older than 30 days removed.` },
      });
      expect(await rule()).toEqual({ days: 30, chosen: 30, serverDays: 90, leastDays: 7 });
      expect(await keep(owner, null)).not.toHaveProperty('retentionDays');
      expect(await rule()).toMatchObject({ days: 90, chosen: null });
    });

    it('stay as they are if they are none of the versions that the actor knows, whatever is said meanwhile, and of two changes at once one is done', async () => {
      const before = (await details(owner)).room.rev;
      await send(world(), owner, 'said meanwhile', {}, room.id);
      const known = { ifVersion: [String(before)] };
      const both = await Promise.allSettled([update(owner, { ...known, topic: 'One' }), update(owner, { ...known, topic: 'Other' })]);
      expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      expect(both.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'PRECONDITION_FAILED' } });
      const { room: now } = await details(owner);
      // Also what is as wanted already is refused to whoever does not know it.
      await expect(update(owner, { ...known, topic: now.topic })).rejects.toMatchObject({ code: 'PRECONDITION_FAILED' });
      await expect(update(bob, { ...known, topic: 'x' })).rejects.toMatchObject({ code: 'FORBIDDEN' });
      expect(await update(owner, { ifVersion: ['0', String(now.rev)], topic: 'Known' })).toMatchObject({ topic: 'Known' });
    });

    it('make no line unread to the person who changed them and had read all, and tell that person’s other connections', async () => {
      await update(owner, { name: 'Unread before' });
      expect((await details(owner)).mine).toMatchObject({ lastReadSeq: 0, lastSeq: 2, unread: 0 });
      await moderate();
      world().bus.clear();
      await update(bob, { topic: 'Read by bob' });
      // Bob had not read the lines that tess caused before his own, so he has not read his own either; no line counts.
      expect((await details(bob)).mine).toMatchObject({ lastReadSeq: 1, lastSeq: 4, unread: 0 });
      await send(world(), owner, 'Something else', {}, room.id);
      world().bus.clear();
      await world().deps.db.$executeRaw`update room_members set last_read_seq = 5 where room_id = ${room.id}::uuid`;
      await update(bob, { topic: 'Read by bob again' });
      expect((await details(bob)).mine).toMatchObject({ lastReadSeq: 6, unread: 0 });
      expect(inboxOf(world(), bob)).toEqual([{ type: 'counters', roomId: room.id, lastSeq: 6, lastReadSeq: 6, unread: 0, mentions: 0 }]);
    });

    it('write nothing where all is as wanted', async () => {
      const same = await update(owner, { name: room.name, topic: room.topic, visibility: 'public' });
      expect(same).toMatchObject({ name: room.name, rev: 5 });
      expect(await update(owner, {})).toEqual(same);
      expect(world().bus.published).toEqual([]);
      expect((await details(owner)).rev).toBe(6);
    });

    it('are changed by moderators, who can find the room by owners only', async () => {
      await expect(update(bob, { name: 'Mine' })).rejects.toMatchObject({ code: 'FORBIDDEN' });
      await moderate();
      await expect(update(bob, { name: 'Ours' })).resolves.toMatchObject({ name: 'Ours' });
      await expect(update(bob, { visibility: 'private' })).rejects.toMatchObject({ code: 'FORBIDDEN', details: { field: 'visibility' } });
      await expect(update(bob, { name: 'Ours again', visibility: 'public' })).resolves.toMatchObject({ name: 'Ours again' });
    });

    it('refuse nobody because of a role that was remembered', async () => {
      await moderate();
      const elsewhere = new RoomAccess(world().deps);
      await elsewhere.run(bob.actor, room.id, 'rooms.update', (target) => updateRoom(world().deps, target, { name: 'Remembered' }));
      await as(world(), owner, room.id, 'rooms.setRole', (target) =>
        setRole(world().deps, target, { username: bob.user.username, role: 'owner' }),
      );
      const hidden = elsewhere.run(bob.actor, room.id, 'rooms.update', (target) =>
        updateRoom(world().deps, target, { visibility: 'private' }),
      );
      await expect(hidden).resolves.toMatchObject({ visibility: 'private' });
    });

    it('make a room private: out of the list, not to be joined, gone for strangers, and in use for its members', async () => {
      const carol = await world().register(`carol-${n}`);
      const elsewhere = new RoomAccess(world().deps);
      const joining = (access: RoomAccess) => access.run(carol.actor, room.id, 'rooms.join', (target) => joinRoom(world().deps, target));
      await elsewhere.run(carol.actor, room.id, 'rooms.join', () => Promise.resolve());
      await update(owner, { visibility: 'private' });
      expect(toldIn(world(), room.id).at(-1)).toMatchObject({ message: { content: 'tess made the room private.' } });
      expect((await listPublicRooms(world().deps, carol.actor)).map(({ id }) => id)).not.toContain(room.id);
      await expect(joining(elsewhere)).rejects.toMatchObject({ code: 'ROOM_NOT_FOUND' });
      await expect(details(bob)).resolves.toMatchObject({ room: { visibility: 'private' } });
      await update(owner, { visibility: 'public' });
      await expect(joining(elsewhere)).resolves.toMatchObject({ memberCount: 3 });
    });

    it('archive a room for all but reading and leaving, and open it again, on instances that remember otherwise too', async () => {
      await expect(archive(bob, true)).rejects.toMatchObject({ code: 'FORBIDDEN' });
      const elsewhere = new RoomAccess(world().deps);
      const sending = () => elsewhere.run(bob.actor, room.id, 'messages.send', (target) => Promise.resolve(target));
      const before = await sending();
      const archived = await archive(owner, true);
      expect(archived.archivedAt).toMatch(/Z$/);
      expect(toldIn(world(), room.id).at(-1)).toMatchObject({ message: { content: 'tess archived the room.' } });
      expect(await archive(owner, true)).toEqual(archived);
      await expect(update(owner, { name: 'Too late' })).rejects.toMatchObject({ code: 'ROOM_ARCHIVED' });
      expect((await details(owner)).room).toEqual(archived);
      // A write that relies on another instance's remembered membership is refused, because it names the rev that it relied on.
      expect((await loadHead()).membersRev).toBeGreaterThan(before.membersRev);
      elsewhere.invalidate(room.id);
      expect(await sending()).toMatchObject({ archived: true });

      expect(await archive(owner, false)).toMatchObject({ archivedAt: null });
      expect(toldIn(world(), room.id).at(-1)).toMatchObject({ message: { content: 'tess reopened the room.' } });
      // No invalidation here: an archived room is never relied on as remembered.
      expect(await sending()).toMatchObject({ archived: false });
    });

    it('mute it for the actor alone: no rev, no line, and the actor’s other connections are told', async () => {
      const mute = (muted: boolean) => as(world(), bob, room.id, 'rooms.setMute', (target) => setMute(world().deps, target, muted));
      expect(await mute(true)).toMatchObject({ role: 'member', muted: true });
      expect((await details(bob)).mine.muted).toBe(true);
      expect((await details(owner)).mine.muted).toBe(false);
      expect(toldIn(world(), room.id)).toEqual([]);
      expect(inboxOf(world(), bob)).toMatchObject([{ type: 'room', room: { id: room.id }, mine: { muted: true } }]);
      expect(await mute(false)).toMatchObject({ muted: false });
    });

    it('take no write of an ended session', async () => {
      await moderate();
      await logout(world().deps, bob.actor, { everywhere: false });
      world().bus.clear();
      const mute = () => as(world(), bob, room.id, 'rooms.setMute', (target) => setMute(world().deps, target, true));
      for (const attempt of [() => update(bob, { name: 'Ghost' }), mute]) {
        await expect(attempt()).rejects.toMatchObject({ code: 'SESSION_REVOKED' });
      }
      expect(world().bus.published).toEqual([]);
    });

    async function loadHead() {
      const [row] = await world().deps.db.$queryRaw<{ membersRev: number }[]>`
        select members_rev as "membersRev" from room_counters where room_id = ${room.id}::uuid`;
      return row!;
    }
  });
}
