import { Prisma } from '@parley/db';
import { describe, expect, it } from 'vitest';
import { disableAccount } from '../accounts/disable-account.js';
import { endSessionsOf } from '../accounts/end-sessions-of.js';
import { setAdmin } from '../accounts/set-admin.js';
import { leaveRoom } from '../members/leave-room.js';
import { takeOverRoom } from '../members/take-over-room.js';
import { archiveRoomAsAdmin } from '../rooms/change-room.js';
import { createRoom } from '../rooms/create-room.js';
import { loadActor } from '../sessions/load-actor.js';
import { sharedWorld } from '../testing/shared-world.js';
import { listAudit } from './list-audit.js';
import { listPeople } from './list-people.js';
import { listRooms } from './list-rooms.js';

export function adminSuite(kind: 'pglite' | 'postgres'): void {
  describe(`what an admin sees and does (${kind})`, () => {
    const world = sharedWorld(kind);
    const people = (input: Partial<Parameters<typeof listPeople>[1]> = {}) =>
      listPeople(world().deps, { query: '', show: 'all', limit: 50, ...input });
    const rooms = (input: Partial<Parameters<typeof listRooms>[1]> = {}) =>
      listRooms(world().deps, { query: '', show: 'all', sort: 'size', limit: 50, ...input });
    const audit = (input: Partial<Parameters<typeof listAudit>[1]> = {}) => listAudit(world().deps, { limit: 50, ...input });
    const lines = (roomId: string) =>
      world().deps.db.$queryRaw<{ content: string }[]>(Prisma.sql`
        select content from messages where room_id = ${roomId}::uuid and kind = 'system' order by seq`);

    it('finds people by name and by e-mail, by pages, closed accounts too', async () => {
      const ann = await world().register('ann');
      await world().register('bo');
      await world().deps.db.$executeRaw`update users set email = 'Ann@example.org' where id = ${ann.user.id}::uuid`;
      const [found] = (await people({ query: 'ann@EXAMPLE.org' })).items;
      expect(found).toEqual({
        user: expect.objectContaining({ username: 'ann' }),
        email: 'Ann@example.org',
        isAdmin: false,
        owner: null,
        disabledAt: null,
        removed: false,
        createdAt: expect.stringMatching(/Z$/),
        sessions: 1,
        rooms: 1,
      });
      const first = await people({ limit: 2 });
      const second = await people({ limit: 2, after: first.next! });
      expect([...first.items, ...second.items].map(({ user }) => user.username)).toEqual(['ann', 'bo', 'tess']);
      expect(second.next).toBeNull();
      await disableAccount(world().deps, null, { username: 'bo' });
      expect((await people({ show: 'disabled' })).items.map(({ user, sessions }) => [user.username, sessions])).toEqual([['bo', 0]]);
      expect((await people({ show: 'admins' })).items.map(({ user }) => user.username)).toEqual(['tess']);
    });

    it('makes admins and takes their rights away, but not one’s own, and for nobody else', async () => {
      const { deps, owner } = world();
      const cy = await world().register('cy');
      await expect(setAdmin(deps, cy.actor, { username: 'cy', admin: true })).rejects.toMatchObject({ code: 'FORBIDDEN' });
      await setAdmin(deps, owner.actor, { username: 'cy', admin: true });
      await setAdmin(deps, cy.actor, { username: 'tess', admin: false });
      await expect(setAdmin(deps, owner.actor, { username: 'cy', admin: false })).rejects.toMatchObject({ code: 'FORBIDDEN' });
      await expect(setAdmin(deps, cy.actor, { username: 'cy', admin: false })).rejects.toMatchObject({ code: 'VALIDATION' });
      await setAdmin(deps, cy.actor, { username: 'tess', admin: true });
      await setAdmin(deps, owner.actor, { username: 'cy', admin: false });
      const entries = (await audit({ subject: 'cy' })).items.map(({ event, actor }) => [event, actor.name]);
      expect(entries.slice(0, 2)).toEqual([
        ['admin.unmade', 'tess'],
        ['admin.made', 'tess'],
      ]);
    });

    it('signs a person out everywhere', async () => {
      const { deps, owner } = world();
      const di = await world().register('di');
      await expect(endSessionsOf(deps, di.actor, { username: 'tess' })).rejects.toMatchObject({ code: 'FORBIDDEN' });
      await endSessionsOf(deps, owner.actor, { username: 'di' });
      await expect(loadActor(deps, di.actor.userId, di.actor.sessionId)).rejects.toMatchObject({ code: 'SESSION_REVOKED' });
      await expect(endSessionsOf(deps, owner.actor, { username: 'nobody' })).rejects.toMatchObject({ code: 'USER_NOT_FOUND' });
    });

    it('lists rooms by size and by name, by pages, without a word of what is said there', async () => {
      const { deps } = world();
      const ed = await world().register('ed');
      const secret = await createRoom(deps, ed.actor, { name: 'Board', topic: 'Money', visibility: 'private' });
      const all = (await rooms()).items;
      const sizes = all.map(({ members }) => members);
      expect(sizes).toEqual(sizes.toSorted((one, other) => other - one));
      expect(all.find(({ id }) => id === secret.id)).toEqual({
        id: secret.id,
        name: 'Board',
        visibility: 'private',
        members: 1,
        messages: expect.any(Number),
        owners: ['ed'],
        archivedAt: null,
        createdAt: expect.stringMatching(/Z$/),
        lastMessageAt: null,
      });
      const names: string[] = [];
      let after: string | undefined;
      do {
        const page = await rooms({ sort: 'name', limit: 1, after });
        names.push(...page.items.map(({ name }) => name));
        after = page.next ?? undefined;
      } while (after !== undefined);
      expect(names).toEqual(['Board', 'Lobby', 'Workshop']);
      expect((await rooms({ query: 'oar' })).items.map(({ name }) => name)).toEqual(['Board']);
      expect((await rooms({ query: '%' })).items).toEqual([]);
    });

    it('archives a room that the admin is not in, which the room sees, and opens it again', async () => {
      const { deps, owner } = world();
      const flo = await world().register('flo');
      const room = await createRoom(deps, flo.actor, { name: 'Loud', topic: '', visibility: 'private' });
      const archive = (by: typeof flo, archived: boolean) => archiveRoomAsAdmin(deps, by.actor, { roomId: room.id, archived });
      await expect(archive(flo, true)).rejects.toMatchObject({ code: 'FORBIDDEN' });
      expect((await archive(owner, true)).archivedAt).not.toBeNull();
      expect((await archive(owner, true)).archivedAt).not.toBeNull();
      expect((await archive(owner, false)).archivedAt).toBeNull();
      expect((await lines(room.id)).map(({ content }) => content)).toEqual([expect.stringContaining('tess')]);
      expect((await audit({ subject: room.id })).items.map(({ event }) => event)).toEqual(['room.restored', 'room.archived']);
    });

    it('takes over a room that nobody owns, and no other', async () => {
      const { deps, owner, access } = world();
      const gil = await world().register('gil');
      const room = await createRoom(deps, gil.actor, { name: 'Left', topic: '', visibility: 'private' });
      const take = () => takeOverRoom(deps, owner.actor, { roomId: room.id });
      await expect(take()).rejects.toMatchObject({ code: 'CONFLICT' });
      await deps.db.$executeRaw`update room_members set role = 'member' where room_id = ${room.id}::uuid`;
      await expect(takeOverRoom(deps, gil.actor, { roomId: room.id })).rejects.toMatchObject({ code: 'FORBIDDEN' });
      expect((await rooms({ show: 'orphans' })).items.map(({ name }) => name)).toContain('Left');
      await take();
      expect((await rooms({ query: 'Left' })).items[0]).toMatchObject({ owners: ['tess'], members: 2 });
      expect((await lines(room.id)).map(({ content }) => content)).toEqual(['tess joined.']);
      expect((await audit({ event: 'room.taken' })).items).toMatchObject([{ actor: { name: 'tess' }, roomId: room.id }]);
      // One who is in it already becomes its owner.
      await deps.db.$executeRaw`update room_members set role = 'member' where room_id = ${room.id}::uuid`;
      await take();
      expect((await rooms({ query: 'Left' })).items[0]).toMatchObject({ owners: ['tess'] });
      await access.run(gil.actor, room.id, 'rooms.leave', (target) => leaveRoom(deps, target));
    });

    it('reads the audit log by pages, by who did what to whom and when', async () => {
      const { deps } = world();
      await world().register('hal');
      await disableAccount(deps, null, { username: 'hal' });
      const first = await audit({ subject: '@HAL', limit: 1 });
      expect(first.items).toMatchObject([{ event: 'account.disabled', actor: { kind: 'operator', id: null, name: null } }]);
      const second = await audit({ subject: 'hal', limit: 1, after: first.next! });
      expect(second.items).toMatchObject([{ event: 'account.made', actor: { kind: 'user', name: 'hal' } }]);
      expect((await audit({ actor: 'hal' })).items.map(({ event }) => event)).toEqual(['account.made']);
      const at = second.items[0]!.at;
      expect((await audit({ subject: 'hal', from: new Date(Date.parse(at) + 5).toISOString(), event: 'account.made' })).items).toEqual([]);
      expect((await audit({ subject: 'hal', to: new Date(Date.parse(at) - 5).toISOString() })).items).toEqual([]);
    });
  });
}
