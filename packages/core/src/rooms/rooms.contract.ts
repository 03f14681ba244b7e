import { type DurableEvent, channels } from '@parley/contracts';
import { beforeEach, describe, expect, it } from 'vitest';
import { logout } from '../sessions/logout.js';
import { sharedWorld } from '../testing/shared-world.js';
import type { TestUser } from '../testing/test-world.js';
import { createRoom } from './create-room.js';
import { getRoom } from './get-room.js';
import { joinRoom } from '../members/join-room.js';
import { leaveRoom } from '../members/leave-room.js';
import { lobbyId } from './lobby.js';
import { remove } from '../messages/testing-changes.js';
import { loadCounted } from '../sync/load-counted.js';
import { listJoinedRooms } from './list-joined-rooms.js';
import { listPublicRooms } from './list-public-rooms.js';
import { markRead } from '../members/mark-read.js';
import { systemLine } from './testing-rooms.js';

export function roomsSuite(kind: 'pglite' | 'postgres'): void {
  describe(`rooms (${kind})`, () => {
    const world = sharedWorld(kind);
    let n = 0;
    let owner: TestUser;

    beforeEach(() => {
      n++;
      owner = world().owner;
    });

    const make = (visibility: 'public' | 'private' = 'public', name = `Room ${n}`) =>
      createRoom(world().deps, owner.actor, { name, topic: 'About it', visibility });
    const join = ({ actor }: TestUser, roomId: string) =>
      world().access.run(actor, roomId, 'rooms.join', (room) => joinRoom(world().deps, room));
    const leave = ({ actor }: TestUser, roomId: string) =>
      world().access.run(actor, roomId, 'rooms.leave', (room) => leaveRoom(world().deps, room));
    const get = ({ actor }: TestUser, roomId: string) =>
      world().access.run(actor, roomId, 'rooms.get', (room) => getRoom(world().deps, room));
    const read = ({ actor }: TestUser, roomId: string, seq: number) =>
      world().access.run(actor, roomId, 'rooms.markRead', (room) => markRead(world().deps, room, seq));
    const eventsOf = (roomId: string): DurableEvent[] =>
      world()
        .bus.on(channels.roomEvents(roomId))
        .flatMap((payload) => payload.events as DurableEvent[]);
    const inboxOf = (user: TestUser) =>
      world()
        .bus.on(channels.user(user.user.id))
        .flatMap((payload) => (payload.type === 'inbox' ? [payload.event] : []));
    /** Moves the counter, as if that many messages had been sent. */
    const advance = (roomId: string, seq: number) =>
      world().deps.db.$executeRaw`update room_counters set last_seq = ${seq}::int where room_id = ${roomId}::uuid`;

    /** Messages of the owner behind the last one, up to this seq. */
    const say = async (roomId: string, seq: number) => {
      await world().deps.db.$executeRaw`
        insert into messages (id, room_id, seq, rev, kind, author_type, author_id, author_name, author_handle, author_avatar, content)
        select gen_random_uuid(), c.room_id, s, 1000 + s, 'text', 'user', ${owner.user.id}::uuid, 'T', 't', '{}', 'x'
        from room_counters c, generate_series(c.last_seq + 1, ${seq}::int) s where c.room_id = ${roomId}::uuid`;
      await advance(roomId, seq);
    };

    it('start with their maker as owner and the assistant: room rev 1, member rev 2, character rev 3', async () => {
      world().bus.clear();
      const room = await make('private');
      expect(room).toMatchObject({ name: `Room ${n}`, topic: 'About it', visibility: 'private', memberCount: 1, archivedAt: null, rev: 1 });
      const details = await get(owner, room.id);
      expect(details.room).toEqual(room);
      expect(details.rev).toBe(3);
      const { id, username, displayName, avatar } = owner.user;
      expect(details.members).toEqual([
        { user: { id, username, displayName, avatar }, role: 'owner', joinedAt: expect.stringMatching(/Z$/), rev: 2 },
      ]);
      expect(details.characters).toEqual([
        {
          character: {
            id: expect.any(String),
            handle: 'ada',
            name: 'Ada',
            tagline: expect.any(String),
            avatar: { hue: 178, glyph: 'sparkle' },
            model: null,
          },
          autoReply: 'mention',
          joinedAt: expect.stringMatching(/Z$/),
          rev: 3,
        },
      ]);
      expect(details.mine).toEqual({ role: 'owner', lastReadSeq: 0, lastSeq: 0, unread: 0, mentions: 0, muted: false, direct: null });
      expect(inboxOf(owner)).toEqual([{ type: 'room', room, mine: details.mine }]);
    });

    it('take the next three revs for a join, say so in a line, and tell the room and the joiner', async () => {
      const room = await make();
      await advance(room.id, 7);
      const bob = await world().register(`bob-${n}`);
      world().bus.clear();
      const joined = await join(bob, room.id);
      expect(joined).toEqual({ ...room, memberCount: 2, rev: 5 });
      const details = await get(bob, room.id);
      const member = details.members.find(({ user }) => user.id === bob.user.id);
      expect(member).toMatchObject({ role: 'member', rev: 4 });
      expect(eventsOf(room.id)).toEqual([
        { type: 'member', rev: 4, member, left: false },
        { type: 'room', rev: 5, room: joined },
        { type: 'message', rev: 6, message: systemLine(room.id, 8, 6, `bob-${n} joined.`) },
      ]);
      expect(world().bus.on(channels.roomHead(room.id))).toEqual([{ seq: 8, rev: 6 }]);
      // What was said before counts as read, and so does the line.
      expect(details.mine).toMatchObject({ lastReadSeq: 8, lastSeq: 8, unread: 0 });
      // The line of the join does not count.
      expect((await get(owner, room.id)).mine).toMatchObject({ lastReadSeq: 0, lastSeq: 8, unread: 0 });
      expect(inboxOf(bob)).toEqual([{ type: 'room', room: joined, mine: details.mine }]);
      expect(world().bus.on(channels.user(bob.user.id))).toContainEqual({ type: 'membership', roomId: room.id });
    });

    it('change nothing when a member joins again', async () => {
      const room = await make();
      const bob = await world().register(`bob-${n}`);
      const first = await join(bob, room.id);
      world().bus.clear();
      expect(await join(bob, room.id)).toEqual(first);
      expect((await get(bob, room.id)).rev).toBe(6);
      expect(world().bus.published).toEqual([]);
      // A member may join a private room again too.
      const hidden = await make('private');
      expect(await join(owner, hidden.id)).toEqual(hidden);
    });

    it('take no line once archived, though people come to read and go', async () => {
      const room = await make();
      await world().deps.db.$executeRaw`update rooms set archived_at = now() where id = ${room.id}::uuid`;
      const bob = await world().register(`bob-${n}`);
      world().bus.clear();
      expect(await join(bob, room.id)).toMatchObject({ memberCount: 2, rev: 5 });
      expect(await leave(bob, room.id)).toMatchObject({ memberCount: 1, rev: 7 });
      expect(eventsOf(room.id).map(({ type, rev }) => [type, rev])).toEqual([
        ['member', 4],
        ['room', 5],
        ['member', 6],
        ['room', 7],
      ]);
      expect((await get(owner, room.id)).mine).toMatchObject({ lastSeq: 0 });
    });

    it('that nobody made are owned by the admins who enter them', async () => {
      const own = await listJoinedRooms(world().deps, owner.actor);
      expect(own.find(({ room }) => room.id === lobbyId)?.mine.role).toBe('owner');
    });

    it('keep the row of one who leaves, and take it up again when they return', async () => {
      const room = await make();
      const bob = await world().registerMember(`bob-${n}`, room.id);
      world().bus.clear();
      const left = await leave(bob, room.id);
      expect(left).toEqual({ ...room, memberCount: 1, rev: 8 });
      expect(eventsOf(room.id)).toMatchObject([
        { type: 'member', rev: 7, left: true, member: { user: { id: bob.user.id }, rev: 7 } },
        { type: 'room', rev: 8, room: left },
        { type: 'message', rev: 9, message: systemLine(room.id, 1, 9, `bob-${n} left.`) },
      ]);
      expect(inboxOf(bob)).toEqual([{ type: 'room', room: left, mine: null }]);
      const rows = () => world().deps.db.$queryRaw<{ rev: number; leftRev: number | null }[]>`
        select rev, left_rev as "leftRev" from room_members where room_id = ${room.id}::uuid and user_id = ${bob.user.id}::uuid`;
      expect(await rows()).toEqual([{ rev: 7, leftRev: 7 }]);
      expect((await get(owner, room.id)).members).toHaveLength(1);
      await expect(get(bob, room.id)).rejects.toMatchObject({ code: 'FORBIDDEN', message: 'Join the room first.' });

      await say(room.id, 3);
      expect(await join(bob, room.id)).toMatchObject({ memberCount: 2, rev: 11 });
      expect(await rows()).toEqual([{ rev: 10, leftRev: null }]);
      expect((await get(bob, room.id)).mine).toMatchObject({ role: 'member', lastReadSeq: 4, unread: 0 });
    });

    it('say in one line that a person came and went, however often, until something else is said', async () => {
      const room = await make();
      const [bob, eve] = [await world().register(`bob-${n}`), await world().register(`eve-${n}`)];
      const lines = async () =>
        await world().deps.db.$queryRaw<{ seq: number; content: string; type: string }[]>`
          select seq, content, system ->> 'type' as type from messages where room_id = ${room.id}::uuid and kind = 'system' order by seq`;
      for (let i = 0; i < 20; i++) {
        await join(bob, room.id);
        await join(eve, room.id);
        await leave(bob, room.id);
        await leave(eve, room.id);
      }
      expect(await lines()).toEqual([
        { seq: 1, content: `bob-${n} left.`, type: 'left' },
        { seq: 2, content: `eve-${n} left.`, type: 'left' },
      ]);
      await join(bob, room.id);
      await say(room.id, 3);
      await leave(bob, room.id);
      await join(bob, room.id);
      // What was said stands between: the line above it stays, and a new one is below.
      expect(await lines()).toEqual([
        { seq: 1, content: `bob-${n} joined.`, type: 'joined' },
        { seq: 2, content: `eve-${n} left.`, type: 'left' },
        { seq: 4, content: `bob-${n} joined.`, type: 'joined' },
      ]);
      // An hour later, and where someone reacted to it, a line stays as it is.
      await world().deps.db
        .$executeRaw`update messages set created_at = now() - interval '61 minutes' where room_id = ${room.id}::uuid and seq = 4`;
      await leave(bob, room.id);
      await world().deps.db
        .$executeRaw`update messages set reactions = '[{"emoji":"👋","userIds":[],"count":1}]' where room_id = ${room.id}::uuid and seq = 5`;
      await join(bob, room.id);
      expect((await lines()).slice(2)).toEqual([
        { seq: 4, content: `bob-${n} joined.`, type: 'joined' },
        { seq: 5, content: `bob-${n} left.`, type: 'left' },
        { seq: 6, content: `bob-${n} joined.`, type: 'joined' },
      ]);
    });

    it('keep their last owner', async () => {
      const room = await make();
      // The owner is alone, so there is nobody to make an owner.
      await expect(leave(owner, room.id)).rejects.toMatchObject({
        code: 'LAST_OWNER',
        message: expect.stringContaining('archive') as string,
      });
      await world().registerMember(`bob-${n}`, room.id);
      await expect(leave(owner, room.id)).rejects.toMatchObject({ code: 'LAST_OWNER' });
      expect((await get(owner, room.id)).rev).toBe(6);
    });

    it('keep one of two owners who leave at once', async () => {
      const room = await make();
      const bob = await world().registerMember(`bob-${n}`, room.id);
      await world().deps.db.$executeRaw`
        with c as (
          update room_counters set last_rev = last_rev + 1, members_rev = last_rev + 1 where room_id = ${room.id}::uuid returning *
        )
        update room_members m set role = 'owner', rev = c.last_rev from c
        where m.room_id = c.room_id and m.user_id = ${bob.user.id}::uuid`;
      const results = await Promise.allSettled([leave(owner, room.id), leave(bob, room.id)]);
      expect(results.map((result) => result.status).toSorted()).toEqual(['fulfilled', 'rejected']);
      expect(results.find((result) => result.status === 'rejected')).toMatchObject({ reason: { code: 'LAST_OWNER' } });
    });

    it('count unread and mentions from the read position, which only goes forward, up to the last message', async () => {
      const room = await make();
      const bob = await world().registerMember(`bob-${n}`, room.id);
      await say(room.id, 10);
      for (const seq of [2, 6, 9]) {
        await world().deps.db.$executeRaw`insert into room_mentions (user_id, room_id, seq, message_id)
          values (${bob.user.id}::uuid, ${room.id}::uuid, ${seq}::int, gen_random_uuid())`;
      }
      expect((await get(bob, room.id)).mine).toMatchObject({ lastReadSeq: 1, lastSeq: 10, unread: 9, mentions: 3 });
      world().bus.clear();
      expect(await read(bob, room.id, 6)).toEqual({ lastReadSeq: 6, unread: 4 });
      expect(await read(bob, room.id, 4)).toEqual({ lastReadSeq: 6, unread: 4 });
      expect(await read(bob, room.id, 6)).toEqual({ lastReadSeq: 6, unread: 4 });
      expect(await read(bob, room.id, 2_000_000_000)).toEqual({ lastReadSeq: 10, unread: 0 });
      // The person is told only what changed, nobody else is told, and the room has not changed.
      expect(inboxOf(bob)).toEqual([
        { type: 'counters', roomId: room.id, lastSeq: 10, lastReadSeq: 6, unread: 4, mentions: 1 },
        { type: 'counters', roomId: room.id, lastSeq: 10, lastReadSeq: 10, unread: 0, mentions: 0 },
      ]);
      expect(world().bus.published).toHaveLength(2);
      expect((await get(bob, room.id)).rev).toBe(6);
    });

    it('count as unread what people and characters said that is there and is not one’s own, up to a hundred', async () => {
      const room = await make();
      const bob = await world().registerMember(`bob-${n}`, room.id);
      const { db } = world().deps;
      await say(room.id, 8);
      const unread = async (user: TestUser) => [
        (await get(user, room.id)).mine.unread,
        (await listJoinedRooms(world().deps, user.actor)).find((each) => each.room.id === room.id)!.mine.unread,
      ];
      expect(await unread(bob)).toEqual([7, 7]);
      expect(await unread(owner)).toEqual([0, 0]);
      const deleted = await db.message.findFirstOrThrow({ where: { roomId: room.id, seq: 5 } });
      await remove(world(), owner, deleted.id);
      await db.$executeRaw`update messages set author_id = ${bob.user.id}::uuid where room_id = ${room.id}::uuid and seq = 6`;
      await world().registerMember(`cy-${n}`, room.id);
      expect(await unread(bob)).toEqual([5, 5]);
      const counted = async (after: number) => (await loadCounted(world().deps, [{ roomId: room.id, after }])).get(room.id)!;
      expect((await counted(4)).messages).toEqual([
        { seq: 6, authorId: bob.user.id },
        { seq: 7, authorId: owner.user.id },
        { seq: 8, authorId: owner.user.id },
      ]);
      expect(await counted(4)).toMatchObject({ seq: 9 });
      await say(room.id, 200);
      expect(await unread(bob)).toEqual([100, 100]);
      expect((await counted(0)).messages.map(({ seq }) => seq)).toEqual(Array.from({ length: 100 }, (_, index) => 101 + index));
    });

    it('are listed for their members with what is theirs, by name; for others only if public and not archived', async () => {
      const carol = await world().register(`carol-${n}`);
      const zebra = await make('public', 'zebra');
      const apple = await make('private', 'Apple');
      const ended = await make('public', 'Ended');
      await join(carol, zebra.id);
      await say(zebra.id, 4);
      await world().deps.db.$executeRaw`update rooms set archived_at = now() where id = ${ended.id}::uuid`;
      const own = await listJoinedRooms(world().deps, carol.actor);
      expect(own.map(({ room, mine }) => [room.name, mine.unread])).toEqual([
        ['Lobby', 0],
        ['zebra', 3],
      ]);
      const open = (await listPublicRooms(world().deps, carol.actor)).map((room) => room.id);
      expect(open).toContain(zebra.id);
      expect(open).not.toContain(apple.id);
      expect(open).not.toContain(ended.id);
      const names = (await listJoinedRooms(world().deps, owner.actor)).map(({ room }) => room.name.toLowerCase());
      expect(names).toEqual(names.toSorted());
      await leave(carol, zebra.id);
      expect((await listJoinedRooms(world().deps, carol.actor)).map(({ room }) => room.name)).toEqual(['Lobby']);
    });

    it('take no write of an ended session, also where the membership is remembered', async () => {
      const room = await make();
      const bob = await world().registerMember(`bob-${n}`, room.id);
      const other = await make();
      await advance(room.id, 5);
      await read(bob, room.id, 2);
      await world().access.run(bob.actor, other.id, 'rooms.join', () => Promise.resolve());
      await logout(world().deps, bob.actor, { everywhere: false });
      world().bus.clear();
      for (const attempt of [() => read(bob, room.id, 5), () => leave(bob, room.id), () => join(bob, other.id)]) {
        await expect(attempt()).rejects.toMatchObject({ code: 'SESSION_REVOKED' });
      }
      expect(world().bus.published).toEqual([]);
      expect((await get(owner, room.id)).rev).toBe(6);
      expect((await get(owner, other.id)).rev).toBe(3);
    });
  });
}
