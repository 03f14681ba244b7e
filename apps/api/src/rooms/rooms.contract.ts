import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { rawCall } from '../testing/raw-call.js';
import { sharedApi } from '../testing/shared-api.js';

const code = (appCode: string, field?: string) =>
  expect.objectContaining({ data: expect.objectContaining(field ? { appCode, field } : { appCode }) as object }) as Error;

export function roomsSuite(kind: 'pglite' | 'postgres'): void {
  describe(`rooms on ${kind}`, () => {
    const world = sharedApi(kind);
    const person = (name: string) => world().register(`${name}-${randomUUID().slice(0, 8)}`);

    test('a new room has its maker as owner, Ada in it, and is in both lists', async () => {
      const owner = await person('olga');
      const room = await owner.http.rooms.create.mutate({ name: '  Harbour ', topic: 'Boats' });
      expect(room).toMatchObject({ name: 'Harbour', topic: 'Boats', visibility: 'public', memberCount: 1, archivedAt: null });
      const got = await owner.http.rooms.get.query({ roomId: room.id });
      expect(got).toMatchObject({ room, mine: { role: 'owner', unread: 0 }, members: [{ user: { id: owner.id }, role: 'owner' }] });
      expect(got.characters.map(({ character }) => character.handle)).toEqual(['ada']);
      expect(got.rev).toBeGreaterThanOrEqual(3);
      const joined = await owner.http.rooms.list.query({ scope: 'joined' });
      expect(joined).toContainEqual(expect.objectContaining({ room }));
      const paul = await person('paul');
      const publicRooms = await paul.http.rooms.browse.query();
      expect(publicRooms).toContainEqual(room);
      // As programs of earlier versions ask.
      const asked = await rawCall(world().api.url, 'query', 'rooms.list', { input: { scope: 'public' }, accessToken: paul.accessToken });
      expect(asked.data).toEqual(publicRooms);
      expect(await paul.http.rooms.list.query()).toEqual(await paul.http.rooms.list.query({ scope: 'joined' }));
    });

    test('everyone starts in the Lobby', async () => {
      const joined = await (await person('newcomer')).http.rooms.list.query({ scope: 'joined' });
      expect(joined).toMatchObject([{ room: { name: 'Lobby' }, mine: { role: 'member' } }]);
    });

    test('joining twice is joining once; leaving gives a way back, but the last owner stays', async () => {
      const [owner, guest] = [await person('olga'), await person('gus')];
      const { id: roomId } = await owner.http.rooms.create.mutate({ name: 'Quay' });
      expect(await guest.http.rooms.join.mutate({ roomId })).toMatchObject({ memberCount: 2 });
      expect(await guest.http.rooms.join.mutate({ roomId })).toMatchObject({ memberCount: 2 });
      await guest.http.rooms.leave.mutate({ roomId });
      await expect(guest.http.messages.list.query({ roomId })).rejects.toEqual(code('FORBIDDEN'));
      expect(await guest.http.rooms.join.mutate({ roomId })).toMatchObject({ memberCount: 2 });
      await expect(owner.http.rooms.leave.mutate({ roomId })).rejects.toEqual(code('LAST_OWNER'));
    });

    test('reading moves forward only, and no further than there is', async () => {
      const [owner, guest] = [await person('olga'), await person('gus')];
      const { id: roomId } = await owner.http.rooms.create.mutate({ name: 'Pier' });
      await guest.http.rooms.join.mutate({ roomId });
      for (let i = 0; i < 5; i++) await owner.http.messages.send.mutate({ roomId, clientId: randomUUID(), content: `m${i}` });
      expect((await guest.http.rooms.get.query({ roomId })).mine).toMatchObject({ unread: 5 });
      const { lastSeq } = (await guest.http.rooms.get.query({ roomId })).mine;
      const read = { lastReadSeq: lastSeq - 2, unread: 2 };
      expect(await guest.http.rooms.markRead.mutate({ roomId, seq: lastSeq - 2 })).toEqual(read);
      expect(await guest.http.rooms.markRead.mutate({ roomId, seq: 1 })).toEqual(read);
      expect(await guest.http.rooms.markRead.mutate({ roomId, seq: 99 })).toEqual({ lastReadSeq: lastSeq, unread: 0 });
      expect((await owner.http.rooms.get.query({ roomId })).mine).toMatchObject({ unread: 0 });
    });

    test('what is wrong with an input is named', async () => {
      const { accessToken } = await person('clumsy');
      const cases: ['query' | 'mutation', string, unknown, string | undefined][] = [
        ['mutation', 'rooms.create', { name: '   ' }, 'name'],
        ['mutation', 'rooms.create', { name: 'x'.repeat(81) }, 'name'],
        ['mutation', 'rooms.create', { name: 'nul\u0000' }, 'name'],
        ['mutation', 'rooms.create', { name: 'ok', visibility: 'secret' }, 'visibility'],
        ['mutation', 'rooms.create', { name: 7 }, 'name'],
        ['mutation', 'rooms.create', undefined, undefined],
        ['query', 'rooms.get', { roomId: 'not-a-uuid' }, 'roomId'],
        ['query', 'rooms.get', { roomId: '*' }, 'roomId'],
        ['query', 'rooms.list', { scope: 'all' }, 'scope'],
        ['mutation', 'rooms.markRead', { roomId: randomUUID(), seq: -1 }, 'seq'],
        ['mutation', 'rooms.markRead', { roomId: randomUUID(), seq: 1e12 }, 'seq'],
      ];
      for (const [type, path, input, field] of cases) {
        const { status, error } = await rawCall(world().api.url, type, path, { input, accessToken });
        expect([path, status, error?.data.appCode, error?.data.field]).toEqual([path, 400, 'VALIDATION', field]);
        expect(error!.message.length).toBeGreaterThan(10);
      }
    });
  });
}
