import { randomUUID } from 'node:crypto';
import { replyJobs } from '@parley/core/replies/reply-sink';
import { channels, type RoomEvent } from '@parley/contracts';
import { describe, expect, test } from 'vitest';
import { Collected } from '../../../../../../tests/e2e/harness/collected.js';
import { createTestApi, type TestApi } from '../../../testing/test-api.js';

interface Tracked {
  id: string;
  data: RoomEvent;
}

async function room(world: TestApi) {
  const owner = await world.register('olga');
  const { id } = await owner.http.rooms.create.mutate({ name: 'Harbour' });
  return { owner, roomId: id };
}

function read(client: ReturnType<TestApi['socket']>, roomId: string, after?: number) {
  const events = new Collected<Tracked>();
  const errors = new Collected<unknown>();
  const ended = new Collected<'stopped'>();
  const subscription = client.trpc.rooms.events.subscribe(
    { roomId, ...(after === undefined ? {} : { after }) },
    { onData: (event) => events.push(event as Tracked), onError: (error) => errors.push(error), onStopped: () => ended.push('stopped') },
  );
  return { events, errors, ended, subscription };
}

const send = (text: string) => ({ clientId: randomUUID(), content: text });

describe('rooms.events over a WebSocket', () => {
  test('hello comes first, then every message, each under its rev', async () => {
    await using world = await createTestApi();
    const { owner, roomId } = await room(world);
    const { events } = read(world.socket(owner.accessToken), roomId);
    await events.until((items) => items.length >= 1);
    expect(events.items[0]!.data).toMatchObject({ type: 'hello', rev: 3, seq: 0, replies: [] });
    expect(events.items[0]!.id).toMatch(/^3:boot:\d+$/);

    for (let i = 1; i <= 5; i++) await owner.http.messages.send.mutate({ roomId, ...send(`message ${i}`) });
    await events.until((items) => items.filter(({ data }) => data.type === 'message').length === 5);
    const messages = events.items.filter(({ data }) => data.type === 'message');
    expect(messages.map(({ id }) => id)).toEqual(['4', '5', '6', '7', '8']);
    expect(messages.map(({ data }) => data.type === 'message' && data.message.content)).toEqual([1, 2, 3, 4, 5].map((i) => `message ${i}`));
  });

  test('a room under its id in upper case is the same room: one hub, the same people, the same events', async () => {
    await using world = await createTestApi();
    const { owner, roomId } = await room(world);
    const readers = [roomId, roomId.toUpperCase()].map((id) => read(world.socket(owner.accessToken), id));
    for (const { events } of readers) await events.until((items) => items.length >= 1);
    expect(world.api.counts()).toMatchObject({ rooms: 1, readers: 2 });
    const { id } = await owner.http.messages.send
      .mutate({ roomId: roomId.toUpperCase(), ...send('hello') })
      .then(({ message }) => message!);
    await owner.http.messages.pin.mutate({ messageId: id.toUpperCase(), on: true });
    for (const { events } of readers) {
      await events.until((items) => items.some(({ data }) => data.type === 'message' && data.message.pinnedAt !== null));
      const told = events.items.flatMap(({ data }) => (data.type === 'message' ? [data.message] : []));
      expect(new Set(told.map((message) => message.id))).toEqual(new Set([id]));
    }
    await expect(owner.http.rooms.get.query({ roomId: roomId.toUpperCase() })).resolves.toMatchObject({ room: { id: roomId } });
  });

  test('a reader that resumes gets what it missed, in order, and nothing twice', async () => {
    await using world = await createTestApi();
    const { owner, roomId } = await room(world);
    for (let i = 0; i < 30; i++) await owner.http.messages.send.mutate({ roomId, ...send(`m${i}`) });
    const { events } = read(world.socket(owner.accessToken), roomId, 10);
    await events.until((items) => items.some(({ id }) => id === '33'));
    expect(events.items[0]).toMatchObject({ data: { type: 'hello', rev: 33 } });
    expect(events.items[0]!.id).toMatch(/^10:/);
    expect(events.items.filter(({ data }) => data.type === 'message').map(({ id }) => Number(id))).toEqual(
      Array.from({ length: 23 }, (_, i) => i + 11),
    );
  });

  test('subscribing while others publish loses nothing and repeats nothing', async () => {
    await using world = await createTestApi();
    const { owner, roomId } = await room(world);
    const total = 200;
    let sent = 0;
    const sending = (async () => {
      while (sent < total) {
        await Promise.all(Array.from({ length: 4 }, () => owner.http.messages.send.mutate({ roomId, ...send(`m${sent++}`) })));
      }
    })();
    const readers = [];
    for (let i = 0; i < 40; i++) {
      const client = world.socket(owner.accessToken);
      const after = 3 + Math.floor(Math.random() * Math.max(1, sent - 3));
      const reader = { after, ...read(client, roomId, after) };
      readers.push(reader);
      await reader.events.until((items) => items.length > 0);
    }
    await sending;
    const last = 3 + total;
    for (const { events, after } of readers) {
      await events.until((items) => items.some(({ id }) => id === String(last)));
      const revs = events.items.filter(({ data }) => data.type === 'message').map(({ id }) => Number(id));
      expect(revs).toEqual(Array.from({ length: last - after }, (_, i) => after + 1 + i));
    }
  });

  test('a position ahead of the head, or too far behind, is a resync, and the subscription stays live', async () => {
    await using world = await createTestApi({ MAX_REPLAY: '10', HUB_RING_SIZE: '4' });
    const { owner, roomId } = await room(world);
    const ahead = read(world.socket(owner.accessToken), roomId, 999);
    await ahead.events.until((items) => items.some(({ data }) => data.type === 'resync'));
    for (let i = 0; i < 30; i++) await owner.http.messages.send.mutate({ roomId, ...send(`m${i}`) });
    const behind = read(world.socket(owner.accessToken), roomId, 3);
    await behind.events.until((items) => items.some(({ data }) => data.type === 'resync'));
    await owner.http.messages.send.mutate({ roomId, ...send('after') });
    for (const { events } of [ahead, behind]) {
      await events.until((items) => items.some(({ data }) => data.type === 'message' && data.message.content === 'after'));
    }
  });

  test('what the bus lost comes with the next comparison of heads', async () => {
    await using world = await createTestApi({ HEAD_SWEEP_MS: '100' });
    const { owner, roomId } = await room(world);
    const { events } = read(world.socket(owner.accessToken), roomId);
    await events.until((items) => items.length >= 1);
    const publish = world.bus.publish.bind(world.bus);
    world.bus.publish = (channel, payload) => {
      if (!channel.subject.endsWith('.events')) publish(channel, payload);
    };
    await owner.http.messages.send.mutate({ roomId, ...send('lost on the way') });
    await events.until((items) => items.some(({ data }) => data.type === 'message' && data.message.content === 'lost on the way'));
  });

  test('events out of order are delivered in order', async () => {
    await using world = await createTestApi();
    const { owner, roomId } = await room(world);
    const { events } = read(world.socket(owner.accessToken), roomId);
    await events.until((items) => items.length >= 1);
    const publish = world.bus.publish.bind(world.bus);
    const held: (() => void)[] = [];
    world.bus.publish = (channel, payload) => {
      if (!channel.subject.endsWith('.events')) return publish(channel, payload);
      held.push(() => publish(channel, payload));
      if (held.length === 3) for (const each of held.splice(0).toReversed()) each();
    };
    for (const text of ['one', 'two', 'three']) await owner.http.messages.send.mutate({ roomId, ...send(text) });
    await events.until((items) => items.filter(({ data }) => data.type === 'message').length === 3);
    expect(events.items.flatMap(({ data }) => (data.type === 'message' ? [data.message.content] : []))).toEqual(['one', 'two', 'three']);
  });

  test('a reply’s deltas reach readers and newcomers alike, and the end comes after the text', async () => {
    await using world = await createTestApi();
    const { owner, roomId } = await room(world);
    const first = read(world.socket(owner.accessToken), roomId);
    await first.events.until((items) => items.length >= 1);
    const { replies } = await owner.http.messages.send.mutate({ roomId, ...send('/ask where is the harbour?') });
    const core = { db: world.database.db, bus: world.bus, log: { info() {}, warn() {}, error() {} } };
    const claim = (await replyJobs.claim(core, replies[0]!.id, { id: 'worker', leaseMs: 10_000 }))!;
    const text = 'The harbour is at the end of the street. 🛥';
    let offset = 0;
    const half = Math.floor(text.length / 2);
    const stream = (until: number) => {
      for (; offset < until; offset += 4) {
        const piece = text.slice(offset, Math.min(offset + 4, text.length));
        world.bus.publish(channels.roomDeltas(roomId), {
          deltas: [{ messageId: claim.id, attempt: claim.attempt, offset, text: piece }],
        });
      }
    };
    stream(half);
    await first.events.until((items) => items.some(({ data }) => data.type === 'delta'));
    const second = read(world.socket(owner.accessToken), roomId);
    await second.events.until((items) => items.length >= 1);
    const hello = second.events.items[0]!.data;
    expect(hello.type === 'hello' && hello.replies).toMatchObject([{ messageId: claim.id, attempt: 1 }]);
    stream(text.length);
    await replyJobs.end(core, claim, { status: 'complete', content: text, model: 'test:model', usage: null, error: null, stoppedBy: null });
    for (const [reader, start] of [
      [first, ''],
      [second, hello.type === 'hello' ? hello.replies[0]!.text : ''],
    ] as const) {
      const isEnd = ({ data }: Tracked) => data.type === 'message' && data.message.status === 'complete';
      await reader.events.until((items) => items.some(isEnd));
      let assembled = start;
      for (const { data } of reader.events.items.slice(0, reader.events.items.findIndex(isEnd))) {
        if (data.type === 'delta') assembled = assembled.slice(0, data.offset) + data.text;
      }
      expect(assembled).toBe(text);
    }
  });

  test('one who leaves hears nothing more; strangers hear nothing at all', async () => {
    await using world = await createTestApi();
    const { owner, roomId } = await room(world);
    const guest = await world.register('gus');
    const stranger = read(world.socket(guest.accessToken), roomId);
    await stranger.errors.until((items) => items.length === 1);
    expect(stranger.errors.items[0]).toMatchObject({ data: { appCode: 'FORBIDDEN' } });
    expect(stranger.events.items).toEqual([]);

    await guest.http.rooms.join.mutate({ roomId });
    const reader = read(world.socket(guest.accessToken), roomId);
    await reader.events.until((items) => items.length >= 1);
    await guest.http.rooms.leave.mutate({ roomId });
    await reader.errors.until((items) => items.length === 1);
    expect(reader.errors.items[0]).toMatchObject({ data: { appCode: 'ROOM_NOT_FOUND' } });
    const before = reader.events.items.length;
    await owner.http.messages.send.mutate({ roomId, ...send('they left') });
    const witness = read(world.socket(owner.accessToken), roomId, 0);
    await witness.events.until((items) => items.some(({ data }) => data.type === 'message'));
    expect(reader.events.items.length).toBe(before);
  });

  test('logging out closes the session’s sockets with a final code, and a token that expires with one that says refresh', async () => {
    await using world = await createTestApi();
    const user = await world.register('uma');
    const other = await world.register('vic');
    const leaving = world.socket(user.accessToken);
    await leaving.trpc.auth.me.query();
    const expiring = world.socket(await world.shortLived(other.accessToken, 2_000));
    await user.http.auth.logout.mutate({});
    expect(await leaving.closed).toMatchObject({ code: 4500 });
    expect(await expiring.closed).toMatchObject({ code: 4100 });
  });

  test('tRPC’s client comes back with all its subscriptions in one frame, and has them all again', async () => {
    await using world = await createTestApi();
    const { owner, roomId } = await room(world);
    const client = world.socket(owner.accessToken);
    const readers = Array.from({ length: 80 }, () => read(client, roomId));
    for (const { events } of readers) await events.until((items) => items.length >= 1);
    client.ws.connection!.ws.close();
    await owner.http.messages.send.mutate({ roomId, ...send('still here?') });
    for (const { events, errors } of readers) {
      await events.until((items) => items.some(({ data }) => data.type === 'message') || errors.items.length > 0);
      expect(errors.items).toEqual([]);
    }
  });

  test('text of a reply that nobody can be asked for is said in the log, and the room goes on', async () => {
    // As in production, where what arrives on the bus is not checked.
    await using world = await createTestApi({ CHECK_ANSWERS: 'false' });
    const { owner, roomId } = await room(world);
    const { events } = read(world.socket(owner.accessToken), roomId);
    await events.until((items) => items.length >= 1);
    // The deltas leave a hole, and one has an id that cannot be part of a subject, as from a program that does not belong on this bus.
    world.bus.publish(channels.roomDeltas(roomId), { deltas: [{ messageId: 'not an id', attempt: 1, offset: 5, text: 'x' }] });
    await expect.poll(() => world.logged.join('')).toContain('not a uuid');
    await owner.http.messages.send.mutate({ roomId, ...send('still here') });
    await events.until((items) => items.some(({ data }) => data.type === 'message' && data.message.content === 'still here'));
  });

  test('closed sockets are counted by the codes there are; a peer makes up none', async () => {
    await using world = await createTestApi();
    const { owner, roomId } = await room(world);
    for (const code of [1000, 4321, 4322]) {
      const client = world.socket(owner.accessToken);
      await read(client, roomId).events.until((items) => items.length >= 1);
      client.ws.connection!.ws.close(code);
    }
    const counted = async () => (await (await fetch(`${world.api.url}/metrics`)).text()).match(/^parley_sockets_closed_total.*$/gm);
    await expect.poll(counted).toEqual(['parley_sockets_closed_total{code="1000"} 1', 'parley_sockets_closed_total{code="other"} 2']);
  });

  test('subscribing, stopping and switching rooms leaves nothing open', async () => {
    await using world = await createTestApi({ HUB_LINGER_MS: '1' });
    const { owner, roomId } = await room(world);
    const { id: otherId } = await owner.http.rooms.create.mutate({ name: 'Quay' });
    const client = world.socket(owner.accessToken);
    for (let i = 0; i < 200; i++) {
      const { events, subscription } = read(client, i % 2 ? roomId : otherId);
      if (i % 3) await events.until((items) => items.length >= 1);
      subscription.unsubscribe();
    }
    await client.ws.close();
    await expect
      .poll(() => world.api.counts(), { timeout: 60_000 })
      .toEqual({ sockets: 0, rooms: 0, readers: 0, inboxReaders: 0, inboxRooms: 0 });
  });
});
