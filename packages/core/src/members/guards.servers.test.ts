import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { logout } from '../sessions/logout.js';
import { createTestWorld, type TestUser, type TestWorld } from '../testing/test-world.js';
import { createRoom } from '../rooms/create-room.js';
import { joinRoom } from './join-room.js';
import { leaveRoom } from './leave-room.js';
import { markRead } from './mark-read.js';

/** Interleavings that need a lock held by someone else: PostgreSQL only, as PGlite has one connection. */
describe('writes that wait for a lock (postgres)', () => {
  let world: TestWorld;
  let n = 0;
  beforeAll(async () => {
    world = await createTestWorld('postgres');
  });
  afterAll(() => world[Symbol.asyncDispose]());

  const newRoom = () => createRoom(world.deps, world.owner.actor, { name: 'Room', topic: '', visibility: 'public' });
  const newcomer = () => world.register(`person-${n++}`);
  const join = ({ actor }: TestUser, roomId: string) => world.access.run(actor, roomId, 'rooms.join', (room) => joinRoom(world.deps, room));
  const leave = ({ actor }: TestUser, roomId: string) =>
    world.access.run(actor, roomId, 'rooms.leave', (room) => leaveRoom(world.deps, room));

  /**
   * Runs `script` in a transaction, and `meanwhile` while the transaction is open. Commits once `waiting` statements wait for its locks.
   */
  async function during<T>(script: string, waiting: number, meanwhile: () => Promise<T>): Promise<T> {
    return await world.handle.withSession(async (session) => {
      await session.exec('begin');
      await session.exec(script);
      const result = meanwhile();
      // Handled below; this keeps an early failure from being reported as unhandled.
      result.catch(() => {});
      await untilWaiting(waiting);
      await session.exec('commit');
      return await result;
    });
  }

  /** Asks on a session of its own: within a transaction, `pg_stat_activity` stays as it was first read. */
  async function untilWaiting(count: number): Promise<void> {
    await world.handle.withSession(async (session) => {
      const deadline = performance.now() + 15_000;
      for (;;) {
        if (performance.now() > deadline) throw new Error(`no ${count} statements came to wait for a lock`);
        const [row] = await session.query<{ waiting: number }>(
          `select count(*)::int as waiting from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
        );
        if (row!.waiting >= count) return;
      }
    });
  }

  const head = async (roomId: string) => {
    const [row] = await world.deps.db.$queryRaw<{ rev: number; memberCount: number }[]>`
      select c.last_rev as rev, r.member_count as "memberCount" from room_counters c join rooms r on r.id = c.room_id
      where r.id = ${roomId}::uuid`;
    return row!;
  };

  it('write nothing when the session ends while they wait for it, and burn no number', async () => {
    const room = await newRoom();
    const bob = await newcomer();
    const member = await newcomer();
    await join(member, room.id);
    const end = `update sessions set revoked_at = now() where id in ('${bob.actor.sessionId}', '${member.actor.sessionId}')`;
    const results = await during(end, 3, () =>
      Promise.allSettled([
        join(bob, room.id),
        leave(member, room.id),
        world.access.run(member.actor, room.id, 'rooms.markRead', (target) => markRead(world.deps, target, 1)),
      ]),
    );
    for (const result of results) expect(result).toMatchObject({ status: 'rejected', reason: { code: 'SESSION_REVOKED' } });
    expect(await head(room.id)).toEqual({ rev: 6, memberCount: 2 });
  });

  it('are waited for by logout: once it returns, none commits any more', async () => {
    const room = await newRoom();
    const bob = await newcomer();
    const atLogout = await during(`select 1 from room_counters where room_id = '${room.id}' for update`, 2, async () => {
      const joining = join(bob, room.id);
      await untilWaiting(1);
      await logout(world.deps, bob.actor, { everywhere: true });
      // The join came first, so its row is there by now, even if its answer is still on the way.
      const seen = await head(room.id);
      await joining;
      return seen;
    });
    expect(atLogout).toEqual({ rev: 6, memberCount: 2 });
    expect(await head(room.id)).toEqual(atLogout);
  });

  it('join no room that becomes private while they wait for it', async () => {
    const room = await newRoom();
    const bob = await newcomer();
    const joined = during(`update rooms set visibility = 'private' where id = '${room.id}'`, 1, () => join(bob, room.id));
    await expect(joined).rejects.toMatchObject({ code: 'ROOM_NOT_FOUND' });
    expect(await head(room.id)).toEqual({ rev: 3, memberCount: 1 });
  });

  it('count members on top of what was committed while they waited', async () => {
    const room = await newRoom();
    const people = await Promise.all(Array.from({ length: 6 }, newcomer));
    const joined = await during(`select 1 from rooms where id = '${room.id}' for update`, 6, () =>
      Promise.all(people.map((person) => join(person, room.id))),
    );
    expect(joined.map((view) => view.memberCount).toSorted()).toEqual([2, 3, 4, 5, 6, 7]);
    expect(joined.map((view) => view.rev).toSorted((a, b) => a - b)).toEqual([5, 8, 11, 14, 17, 20]);
  });

  it('tell one of two tabs that leave at once that the person has left', async () => {
    const room = await newRoom();
    const bob = await newcomer();
    await join(bob, room.id);
    const lock = `select 1 from room_members where room_id = '${room.id}' and user_id = '${bob.user.id}' for update`;
    const results = await during(lock, 2, () => Promise.allSettled([leave(bob, room.id), leave(bob, room.id)]));
    expect(results.map((result) => result.status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect(results.find((result) => result.status === 'rejected')).toMatchObject({ reason: { code: 'FORBIDDEN' } });
    expect(await head(room.id)).toEqual({ rev: 9, memberCount: 1 });
  });

  it('let one of two owners go who leave at once, each having seen the other as owner', async () => {
    const room = await newRoom();
    const bob = await newcomer();
    await join(bob, room.id);
    await world.deps.db.$executeRaw`update room_members set role = 'owner' where room_id = ${room.id}::uuid`;
    world.access.invalidate(room.id);
    const results = await during(`select 1 from room_counters where room_id = '${room.id}' for update`, 2, () =>
      Promise.allSettled([leave(world.owner, room.id), leave(bob, room.id)]),
    );
    expect(results.map((result) => result.status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect(results.find((result) => result.status === 'rejected')).toMatchObject({ reason: { code: 'LAST_OWNER' } });
    expect(await head(room.id)).toEqual({ rev: 9, memberCount: 1 });
  });
});
