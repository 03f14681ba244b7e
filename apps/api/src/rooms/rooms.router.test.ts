import type { InboxEvent, RoomEvent } from '@parley/contracts';
import { describe, expect, test } from 'vitest';
import { Collected } from '../../../../tests/e2e/harness/collected.js';
import { createTestApi } from '../testing/test-api.js';

describe('rooms, over HTTP and a WebSocket', () => {
  test('a room’s new name and topic come to its readers, and to the inbox of every member', async () => {
    await using world = await createTestApi();
    const [olga, pete] = [await world.register('olga'), await world.register('pete')];
    const { id: roomId } = await olga.http.rooms.create.mutate({ name: 'Harbour' });
    await olga.http.rooms.addMember.mutate({ roomId, username: 'Pete' });
    const socket = world.socket(pete.accessToken);
    const inbox = new Collected<InboxEvent>();
    const events = new Collected<RoomEvent>();
    socket.trpc.inbox.events.subscribe({}, { onData: (event) => inbox.push(event) });
    socket.trpc.rooms.events.subscribe({ roomId }, { onData: ({ data }) => events.push(data) });
    await inbox.until((items) => items.some(({ type }) => type === 'snapshot'));
    await events.until((items) => items.some(({ type }) => type === 'hello'));

    const renamed = await olga.http.rooms.update.mutate({ roomId, name: 'Quay', topic: 'Boats' });
    await events.until((items) => items.some((event) => event.type === 'message'));
    expect(events.items).toContainEqual({ type: 'room', rev: renamed.rev, room: renamed });
    await inbox.until((items) => items.some((event) => event.type === 'room' && event.room.name === 'Quay'));
    expect(inbox.items.findLast(({ type }) => type === 'room')).toMatchObject({
      room: renamed,
      mine: { role: 'member', lastReadSeq: 1, lastSeq: 2, unread: 0, muted: false },
    });
    expect(await pete.http.rooms.setMute.mutate({ roomId, muted: true })).toMatchObject({ muted: true });
  });

  test('who is removed hears nothing more, and may write nothing more', async () => {
    await using world = await createTestApi();
    const [olga, pete] = [await world.register('olga'), await world.register('pete')];
    const { id: roomId } = await olga.http.rooms.create.mutate({ name: 'Harbour', visibility: 'private' });
    await olga.http.rooms.addMember.mutate({ roomId, username: 'pete' });
    expect(await olga.http.rooms.setRole.mutate({ roomId, username: 'pete', role: 'moderator' })).toMatchObject({ role: 'moderator' });
    const events = new Collected<RoomEvent>();
    const errors = new Collected<unknown>();
    world
      .socket(pete.accessToken)
      .trpc.rooms.events.subscribe({ roomId }, { onData: ({ data }) => events.push(data), onError: (error) => errors.push(error) });
    await events.until((items) => items.some(({ type }) => type === 'hello'));

    await pete.http.rooms.update.mutate({ roomId, topic: 'By a moderator' });
    await olga.http.rooms.removeMember.mutate({ roomId, username: 'pete' });
    await errors.until((items) => items.length === 1);
    expect(errors.items[0]).toMatchObject({ data: { appCode: 'ROOM_NOT_FOUND' } });
    expect(events.items.some((event) => event.type === 'message' && event.message.content.includes('removed'))).toBe(false);
    await expect(pete.http.rooms.update.mutate({ roomId, topic: 'Still?' })).rejects.toMatchObject({ data: { appCode: 'ROOM_NOT_FOUND' } });
    await expect(olga.http.rooms.archive.mutate({ roomId })).resolves.toMatchObject({ archivedAt: expect.stringMatching(/Z$/) });
    await expect(olga.http.rooms.update.mutate({ roomId, topic: 'Closed' })).rejects.toMatchObject({ data: { appCode: 'ROOM_ARCHIVED' } });
  });
});
