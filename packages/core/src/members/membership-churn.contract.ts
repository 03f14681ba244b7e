import { AppError, type DurableEvent, channels } from '@parley/contracts';
import { describe, expect, it } from 'vitest';
import { sharedWorld } from '../testing/shared-world.js';
import type { TestUser, TestWorld } from '../testing/test-world.js';
import { createRoom } from '../rooms/create-room.js';
import { getRoom } from '../rooms/get-room.js';
import { joinRoom } from './join-room.js';
import { leaveRoom } from './leave-room.js';
import { RoomAccess } from '../access/room-access.js';

/** Many people come and go at once, over several instances; afterwards the rows and the events must tell one story. */
export function membershipChurnSuite(kind: 'pglite' | 'postgres'): void {
  describe(`members coming and going at once (${kind})`, () => {
    const world = sharedWorld(kind);
    const newRoom = () => createRoom(world().deps, world().owner.actor, { name: 'Station', topic: '', visibility: 'public' });
    const joinBy = (access: RoomAccess, user: TestUser, roomId: string) =>
      access.run(user.actor, roomId, 'rooms.join', (room) => joinRoom(world().deps, room));
    const leaveBy = (access: RoomAccess, user: TestUser, roomId: string) =>
      access.run(user.actor, roomId, 'rooms.leave', (room) => leaveRoom(world().deps, room));

    it('lets forty join one room at once: all get in, three revs each, none burned', async () => {
      const room = await newRoom();
      const people = await crowd(world(), 'forty', 40);
      const instances = [new RoomAccess(world().deps), new RoomAccess(world().deps), new RoomAccess(world().deps)];
      await Promise.all(people.map((person, i) => joinBy(instances[i % 3]!, person, room.id)));
      const story = await tell(world(), room.id);
      expect(story.memberCount).toBe(41);
      expect(story.lastRev).toBe(3 + 3 * 40);
    });

    it('makes one membership of one person’s joining ten times at once, first and again', async () => {
      const room = await newRoom();
      const [bob] = await crowd(world(), 'tenfold', 1);
      const instances = [new RoomAccess(world().deps), new RoomAccess(world().deps)];
      const tenTimes = <T>(act: (access: RoomAccess) => Promise<T>) =>
        Promise.all(Array.from({ length: 10 }, (_, i) => act(instances[i % 2]!)));
      const joined = await tenTimes((access) => joinBy(access, bob!, room.id));
      for (const view of joined) expect(view).toMatchObject({ memberCount: 2, rev: 5 });
      expect(await tell(world(), room.id)).toMatchObject({ memberCount: 2, lastRev: 6 });
      await leaveBy(instances[0]!, bob!, room.id);
      await tenTimes((access) => joinBy(access, bob!, room.id));
      expect(await tell(world(), room.id)).toMatchObject({ memberCount: 2, lastRev: 12 });
    });

    it('ends with revs gap-free, every count right and the events equal to the rows, whatever the order', async () => {
      const room = await newRoom();
      const people = await crowd(world(), 'churn', 12);
      const instances = [new RoomAccess(world().deps), new RoomAccess(world().deps), new RoomAccess(world().deps)];
      // Each person has two tabs, on different instances. Each tab does one thing after the other.
      const tabs = [...people, ...people].map((person, i) => ({ person, access: instances[i % 3]!, pick: random(i) }));
      await Promise.all(
        tabs.map(async ({ person, access, pick }) => {
          for (let i = 0; i < 12; i++) {
            try {
              await (pick() < 0.5 ? joinBy(access, person, room.id) : leaveBy(access, person, room.id));
            } catch (error) {
              // At that moment the person left a room that they were not in.
              if (!AppError.is(error, 'FORBIDDEN')) throw error;
            }
          }
        }),
      );
      const story = await tell(world(), room.id);
      expect(story.lastRev).toBeGreaterThan(3 + 3 * 2 * people.length);
    });
  });
}

function crowd(world: TestWorld, name: string, size: number): Promise<TestUser[]> {
  return Promise.all(Array.from({ length: size }, (_, i) => world.register(`${name}-${i}`)));
}

/** Checks that the room's rows, counters and published events agree, and returns where it stands. */
async function tell(world: TestWorld, roomId: string): Promise<{ memberCount: number; lastRev: number }> {
  const [row] = await world.deps.db.$queryRaw<
    { memberCount: number; active: number; roomRev: number; lastRev: number; membersRev: number; revs: number[]; seqs: number[] | null }[]
  >`
    select r.member_count as "memberCount", r.rev as "roomRev", c.last_rev as "lastRev", c.members_rev as "membersRev",
      (select array_agg(seq order by seq) from messages where room_id = r.id) as seqs,
      (select count(*)::int from room_members m where m.room_id = r.id and m.left_rev is null) as active,
      (select array_agg(rev order by rev) from (
        select rev from room_members where room_id = r.id union all select rev from room_characters where room_id = r.id union all select r.rev
        union all select rev from messages where room_id = r.id
      ) every) as revs
    from rooms r join room_counters c on c.room_id = r.id where r.id = ${roomId}::uuid`;
  const { memberCount, active, roomRev, lastRev, membersRev, revs, seqs } = row!;
  expect(memberCount).toBe(active);
  expect([roomRev, membersRev]).toEqual([lastRev - 1, lastRev]);
  // Lines stand without gaps; where one person comes and goes, a line may take the place of the one before.
  expect(seqs).toEqual(seqs!.map((_, i) => i + 1));
  expect(revs.at(-1)).toBe(lastRev);
  expect(new Set(revs).size).toBe(revs.length);

  const events = world.bus
    .on(channels.roomEvents(roomId))
    .flatMap((payload) => payload.events as DurableEvent[])
    .toSorted((a, b) => a.rev - b.rev);
  expect(events.map((event) => event.rev)).toEqual(Array.from({ length: lastRev - 3 }, (_, i) => i + 4));

  // There is one line for each coming and going.
  expect(events.filter(({ type }) => type === 'message')).toHaveLength((lastRev - 3) / 3);

  // The reader's state: the members the room began with, and every event in order.
  const present = new Map<string, number>([[world.owner.user.id, 2]]);
  for (const event of events) {
    if (event.type === 'member') {
      expect(present.has(event.member.user.id)).toBe(event.left);
      if (event.left) present.delete(event.member.user.id);
      else present.set(event.member.user.id, event.rev);
    } else if (event.type === 'room') {
      expect(event.room.memberCount).toBe(present.size);
    }
  }
  const fresh = await world.access.run(world.owner.actor, roomId, 'rooms.get', (room) => getRoom(world.deps, room));
  expect(new Map(fresh.members.map(({ user, rev }) => [user.id, rev]))).toEqual(present);
  return { memberCount, lastRev };
}

/** A small repeatable generator (mulberry32, public domain, Tommy Ettinger), 0 ≤ x < 1. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
