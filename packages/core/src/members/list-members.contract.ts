import { maxMembersInFile, maxMembersPerPage, type MemberView } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { describe, expect, test } from 'vitest';
import { exportRoom } from '../export/export-room.js';
import { importRoom } from '../export/import-room.js';
import { getRoom } from '../rooms/get-room.js';
import { listJoinedRooms } from '../rooms/list-joined-rooms.js';
import { createTestWorld, type TestUser, type TestWorld } from '../testing/index.js';
import { listMembers, type ListMembersInput } from './list-members.js';

/** Puts this many people into the world's room, besides those who are there, as if each had joined a second after the other. */
async function crowd({ deps: { db }, room }: TestWorld, count: number): Promise<void> {
  await db.$executeRaw`insert into handles (handle) select 'crowd-' || i from generate_series(1, ${count}::int) i`;
  await db.$executeRaw`
    insert into users (id, username, display_name, avatar)
    select gen_random_uuid(), 'crowd-' || i, case when i = 4321 then 'Zoë Ångström' else 'Crowd ' || i end, '{"hue": 7, "glyph": null}'
    from generate_series(1, ${count}::int) i`;
  await db.$executeRaw`
    insert into room_members (room_id, user_id, role, rev, joined_at)
    select ${room.id}::uuid, u.id, case substr(u.username, 7) when '77' then 'moderator' when '9000' then 'owner' else 'member' end,
      c.last_rev + substr(u.username, 7)::int, now() + make_interval(secs => substr(u.username, 7)::int)
    from users u cross join room_counters c where u.username like 'crowd-%' and c.room_id = ${room.id}::uuid`;
  // As autovacuum does within a minute. Without it PostgreSQL plans as if the tables were empty, now and then.
  await db.$executeRaw`analyze users, room_members`;
  await db.$executeRaw`update rooms set member_count = member_count + ${count}::int where id = ${room.id}::uuid`;
  await db.$executeRaw`
    update room_counters set last_rev = last_rev + ${count}::int, members_rev = last_rev + ${count}::int where room_id = ${room.id}::uuid`;
}

const page = (
  { deps, access, room, owner }: TestWorld,
  input: Omit<ListMembersInput, 'limit'>,
  by: TestUser = owner,
  limit = maxMembersPerPage,
) => access.run(by.actor, room.id, 'rooms.members', (authorized) => listMembers(deps, authorized, { ...input, limit }));
const names = (members: readonly MemberView[]) => members.map(({ user }) => user.username);

export function listMembersSuite(kind: 'pglite' | 'postgres'): void {
  describe(`members by pages, on ${kind}`, () => {
    test('a room of ten thousand opens with a hundred of them, and pages have each of the others once', async () => {
      await using world = await createTestWorld(kind);
      await crowd(world, 10_000);
      const room = await world.access.run(world.owner.actor, world.room.id, 'rooms.get', (authorized) => getRoom(world.deps, authorized));
      expect(room.room.memberCount).toBe(10_001);
      const others = Array.from({ length: 98 }, (_, index) => `crowd-${index + 1}`).filter((name) => name !== 'crowd-77');
      expect(names(room.members)).toEqual(['tess', 'crowd-9000', 'crowd-77', ...others]);
      expect(await page(world, {})).toEqual({ members: room.members, next: room.nextMembers, rev: room.rev });

      const all = [...room.members];
      let sizes = 0;
      for (let next = room.nextMembers; next !== null; sizes++) {
        const { members, next: after } = await page(world, { after: next });
        expect(members.length).toBeLessThanOrEqual(maxMembersPerPage);
        all.push(...members);
        next = after;
      }
      expect(sizes).toBe(100);
      expect(new Set(names(all)).size).toBe(10_001);
      expect(all).toHaveLength(10_001);
      const plain = all.filter(({ role }) => role === 'member').map(({ joinedAt }) => joinedAt);
      expect(plain).toEqual(plain.toSorted());

      // The names that no worker has indexed yet are found too.
      expect(names((await page(world, { query: 'crowd-4321' })).members)).toEqual(['crowd-4321']);
      await world.deps.db
        .$executeRaw`update users set names = '''zoe angstrom'' ''angstrom'' ''crowd-4321'''::tsvector where username = 'crowd-4321'`;
      for (const query of ['ang', '@Crowd-4321', 'Zoe']) expect(names((await page(world, { query })).members)).toEqual(['crowd-4321']);
      expect(await page(world, { query: 'crowd-' })).toMatchObject({ members: { length: maxMembersPerPage }, next: null });
      expect((await page(world, { query: '@' })).members).toEqual([]);

      const ids = [all[7]!.user.id, all[9_999]!.user.id];
      expect(new Set((await page(world, { ids })).members.map(({ user }) => user.id))).toEqual(new Set(ids));

      let file = '';
      let longest = 0;
      for await (const chunk of exportRoom({ ...world.deps, rooms: world.access }, world.owner.actor, { roomId: world.room.id })) {
        file += chunk;
        longest = Math.max(longest, chunk.length);
      }
      const header = JSON.parse(file.slice(0, file.indexOf('\n'))) as { members: MemberView[]; room: { memberCount: number } };
      expect(header.room.memberCount).toBe(10_001);
      expect(names(header.members)).toEqual(names(all).slice(0, maxMembersInFile));
      // No chunk holds more than a page.
      expect(longest).toBeLessThan(100_000);
      const bytes = (async function* () {
        yield new TextEncoder().encode(file);
      })();
      expect(await importRoom(world.deps, world.owner.actor, bytes)).toMatchObject({ messages: expect.any(Number) as number });
    });

    test('who left is on no page, and a cursor that no page gave is refused', async () => {
      await using world = await createTestWorld(kind);
      const ben = await world.registerMember('ben');
      await world.registerMember('cleo');
      const first = await page(world, {}, ben, 1);
      expect(names(first.members)).toEqual(['tess']);
      await world.deps.db.$executeRaw(
        Prisma.sql`update room_members set left_rev = rev where room_id = ${world.room.id}::uuid and user_id = ${ben.user.id}::uuid`,
      );
      expect(await page(world, { after: first.next! })).toMatchObject({ members: [{ user: { username: 'cleo' } }], next: null });
      expect((await page(world, { ids: [ben.user.id] })).members).toEqual([]);
      const cursor = (text: string) => Buffer.from(text).toString('base64url');
      for (const after of ['', 'x', cursor('["owner"]'), cursor(`["owner","2026-99-99T00:00:00.000Z","${ben.user.id}"]`), cursor('{}')]) {
        await expect(page(world, { after }), after).rejects.toMatchObject({ code: 'VALIDATION' });
      }
    });

    test('of a person’s rooms, the thousand joined last are listed', async () => {
      await using world = await createTestWorld(kind);
      const { deps, owner } = world;
      await deps.db.$executeRaw`
        insert into rooms (id, name, visibility, rev, member_count)
        select ('00000000-0000-7000-8000-' || lpad(i::text, 12, '0'))::uuid, 'Many', 'private', 1, 1 from generate_series(1, 1005) i`;
      await deps.db.$executeRaw`insert into room_counters (room_id, last_rev) select id, 2 from rooms where name = 'Many'`;
      await deps.db.$executeRaw`
        insert into room_members (room_id, user_id, role, rev, joined_at)
        select id, ${owner.user.id}::uuid, 'member', 2, now() + make_interval(secs => right(id::text, 12)::int) from rooms where name = 'Many'`;
      const rooms = await listJoinedRooms(deps, owner.actor);
      expect(rooms).toHaveLength(1_000);
      expect(rooms.map(({ room }) => Number(room.id.slice(-12))).toSorted((a, b) => a - b)[0]).toBe(6);
    });
  });
}
