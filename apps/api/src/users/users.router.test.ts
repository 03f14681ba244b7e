import type { RoomEvent } from '@parley/contracts';
import { describe, expect, test } from 'vitest';
import { Collected } from '../../../../tests/e2e/harness/collected.js';
import { createTestApi } from '../testing/test-api.js';

describe('people, over HTTP and a WebSocket', () => {
  test('who types is told to those who read the room, and only a member may say so', async () => {
    await using world = await createTestApi();
    const [olga, pete, strange] = [await world.register('olga'), await world.register('pete'), await world.register('strange')];
    const { id: roomId } = await olga.http.rooms.create.mutate({ name: 'Harbour' });
    await pete.http.rooms.join.mutate({ roomId });
    const events = new Collected<RoomEvent>();
    world.socket(olga.accessToken).trpc.rooms.events.subscribe({ roomId }, { onData: ({ data }) => events.push(data) });
    await events.until((items) => items.some(({ type }) => type === 'hello'));
    await expect(strange.http.presence.typing.mutate({ roomId, typing: true })).rejects.toMatchObject({ data: { appCode: 'FORBIDDEN' } });
    await pete.http.presence.typing.mutate({ roomId, typing: true });
    await events.until((items) => items.some((event) => event.type === 'typing' && event.userIds.includes(pete.id)));
    await pete.http.presence.typing.mutate({ roomId, typing: false });
    await events.until((items) => items.some((event) => event.type === 'typing' && event.userIds.length === 0));
    expect(events.items.some((event) => event.type === 'typing' && event.userIds.includes(strange.id))).toBe(false);
  });

  test('a new name reaches those who read a room of theirs; people are found by it', async () => {
    await using world = await createTestApi();
    const [olga, pete] = [await world.register('olga'), await world.register('pete')];
    const { id: roomId } = await olga.http.rooms.create.mutate({ name: 'Harbour' });
    await pete.http.rooms.join.mutate({ roomId });
    const events = new Collected<RoomEvent>();
    world.socket(olga.accessToken).trpc.rooms.events.subscribe({ roomId }, { onData: ({ data }) => events.push(data) });
    await events.until((items) => items.some(({ type }) => type === 'hello'));
    await pete.http.users.updateProfile.mutate({ displayName: 'Peter', hue: 33 });
    await events.until((items) => items.some((event) => event.type === 'member' && event.member.user.displayName === 'Peter'));
    expect(await olga.http.users.search.query({ query: 'PETER' })).toMatchObject([{ username: 'pete', avatar: { hue: 33 } }]);
  });

  test('a changed password closes the sockets of the other sessions, and not one’s own', async () => {
    await using world = await createTestApi();
    const pete = await world.register('pete');
    const password = 'password of pete';
    const other = await world.anonymous.auth.login.mutate({ username: 'pete', password });
    const [own, elsewhere] = [world.socket(pete.accessToken), world.socket(other.accessToken)];
    await Promise.all([own.trpc.auth.me.query(), elsewhere.trpc.auth.me.query()]);
    await pete.http.auth.changePassword.mutate({ currentPassword: password, newPassword: 'another good password' });
    expect(await elsewhere.closed).toMatchObject({ code: 4500 });
    await expect(own.trpc.auth.me.query()).resolves.toMatchObject({ username: 'pete' });
  });

  test('a removed account is gone at once: its sockets, its sessions, its name', async () => {
    await using world = await createTestApi();
    const [olga, pete] = [await world.register('olga'), await world.register('pete')];
    const { id: roomId } = await pete.http.rooms.create.mutate({ name: 'Harbour' });
    await olga.http.rooms.join.mutate({ roomId });
    const socket = world.socket(pete.accessToken);
    await socket.trpc.auth.me.query();
    await expect(pete.http.users.removeAccount.mutate({ password: 'a guess' })).rejects.toMatchObject({
      data: { appCode: 'INVALID_CREDENTIALS', field: 'password' },
    });
    await pete.http.users.removeAccount.mutate({ password: 'password of pete' });
    expect(await socket.closed).toMatchObject({ code: 4500 });
    await expect(pete.http.auth.me.query()).rejects.toMatchObject({ data: { appCode: 'ACCOUNT_DISABLED' } });
    expect((await olga.http.rooms.get.query({ roomId })).mine.role).toBe('owner');
  });
});
