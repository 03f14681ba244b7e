import { randomUUID } from 'node:crypto';
import type { RoomEvent } from '@parley/contracts';
import { createTRPCClient, httpSubscriptionLink, type TRPCClientError } from '@trpc/client';
import { describe, expect, test } from 'vitest';
import type { AppRouter } from '../../../app-router.js';
import { rawCall, serverSentEvents } from '../../../testing/raw-call.js';
import { Collected } from '../../../../../../tests/e2e/harness/collected.js';
import { createTestApi, type TestApi, type TestUser } from '../../../testing/test-api.js';

interface Sent {
  event: string;
  id: string | undefined;
  data: unknown;
}

/** Reads a room over server-sent events, as a program without WebSockets would. */
function read(world: TestApi, user: TestUser, input: object, lastEventId?: string) {
  const abort = new AbortController();
  const events = new Collected<Sent>();
  const done = (async () => {
    const query = encodeURIComponent(JSON.stringify(input));
    const response = await fetch(`${world.api.url}/trpc/rooms.events?input=${query}`, {
      headers: {
        authorization: `Bearer ${user.accessToken}`,
        accept: 'text/event-stream',
        ...(lastEventId ? { 'last-event-id': lastEventId } : {}),
      },
      signal: abort.signal,
    });
    try {
      for await (const event of serverSentEvents(response)) events.push(event);
    } catch (error) {
      if (!abort.signal.aborted) throw error;
    }
  })();
  const messages = () =>
    events.items.flatMap(({ data }) =>
      (data as RoomEvent | undefined)?.type === 'message' ? [(data as Extract<RoomEvent, { type: 'message' }>).message] : [],
    );
  return { events, messages, done, stop: () => abort.abort() };
}

async function room(world: TestApi) {
  const owner = await world.register('olga');
  const { id: roomId } = await owner.http.rooms.create.mutate({ name: 'Harbour' });
  const send = (content: string) => owner.http.messages.send.mutate({ roomId, clientId: randomUUID(), content });
  return { owner, roomId, send };
}

const isMessage = ({ data }: Sent) => (data as RoomEvent | undefined)?.type === 'message';

describe('rooms.events over HTTP', () => {
  test('hello first, then every message under its rev; resuming by the last event id misses nothing', async () => {
    await using world = await createTestApi();
    const { owner, roomId, send } = await room(world);
    const first = read(world, owner, { roomId });
    await first.events.until((items) => items.some(({ data }) => (data as RoomEvent | undefined)?.type === 'hello'));
    for (const text of ['one', 'two']) await send(text);
    await first.events.until((items) => items.filter(isMessage).length === 2);
    const lastEventId = first.events.items.findLast(isMessage)!.id!;
    first.stop();
    await first.done;
    await send('three');
    const second = read(world, owner, { roomId }, lastEventId);
    await second.events.until((items) => items.some(isMessage));
    await send('four');
    await second.events.until((items) => items.filter(isMessage).length === 2);
    expect(second.messages().map(({ content }) => content)).toEqual(['three', 'four']);
    expect(second.events.items.filter(isMessage).map(({ id, data }) => [id, (data as { rev: number }).rev])).toEqual(
      second.messages().map(({ rev }) => [String(rev), rev]),
    );
    second.stop();
    await second.done;
    await expect.poll(() => world.api.counts()).toMatchObject({ readers: 0, sockets: 0 });
  });

  test('an id that is none of ours is a resync: where its reader was, nobody can say', async () => {
    await using world = await createTestApi();
    const { owner, roomId, send } = await room(world);
    await send('one');
    for (const lastEventId of ['yesterday', '12:boot', '1e3', '99999999999999999999']) {
      const { events, stop } = read(world, owner, { roomId, after: 2 }, lastEventId);
      await events.until((items) => items.filter(({ data }) => (data as RoomEvent | undefined)?.type).length >= 2);
      const types = events.items.flatMap(({ data }) => (data as RoomEvent | undefined)?.type ?? []);
      expect(types.slice(0, 2)).toEqual(['hello', 'resync']);
      stop();
    }
  });

  test('tRPC’s own client reads it', async () => {
    await using world = await createTestApi();
    const { owner, roomId, send } = await room(world);
    const seen = new Collected<RoomEvent>();
    const subscription = stockClient(world, owner).rooms.events.subscribe({ roomId }, { onData: ({ data }) => seen.push(data) });
    await seen.until((items) => items.some(({ type }) => type === 'hello'));
    await send('hello there');
    await seen.until((items) => items.some((event) => event.type === 'message' && event.message.content === 'hello there'));
    subscription.unsubscribe();
    await expect.poll(() => world.api.counts()).toMatchObject({ readers: 0 });
  });

  test('tRPC’s own client is told what it may not read, instead of trying again and again', async () => {
    await using world = await createTestApi();
    const { roomId } = await room(world);
    const stranger = await world.register('sam');
    const refusals = new Collected<TRPCClientError<AppRouter>>();
    const subscription = stockClient(world, stranger).rooms.events.subscribe({ roomId }, { onError: (error) => refusals.push(error) });
    await refusals.until((items) => items.length > 0);
    subscription.unsubscribe();
    expect(refusals.items.map(({ data }) => data)).toMatchObject([{ code: 'FORBIDDEN', httpStatus: 403, appCode: 'FORBIDDEN' }]);
  });

  test('it ends when the session does, when the token expires, and when one leaves, each with its code', async () => {
    await using world = await createTestApi();
    const { owner, roomId } = await room(world);
    const guests = await Promise.all(['gus', 'gil', 'gwen'].map((name) => world.register(name)));
    const readers = [];
    for (const guest of guests) {
      await guest.http.rooms.join.mutate({ roomId });
      const expires = guest === guests[2];
      const accessToken = expires ? await world.shortLived(guest.accessToken, 3_000) : guest.accessToken;
      const reader = read(world, { ...guest, accessToken }, { roomId });
      await reader.events.until((items) => items.length >= 2);
      readers.push(reader);
    }
    await guests[0]!.http.auth.logout.mutate({});
    await guests[1]!.http.rooms.leave.mutate({ roomId });
    const codes = [];
    for (const { events } of readers) {
      await events.until((items) => items.some(({ event }) => event === 'serialized-error'));
      codes.push((events.items.at(-1)!.data as { data: { appCode: string } }).data.appCode);
    }
    expect(codes).toEqual(['SESSION_REVOKED', 'ROOM_NOT_FOUND', 'TOKEN_EXPIRED']);
    await Promise.all(readers.map(({ done }) => done));
    await expect.poll(() => world.api.counts()).toMatchObject({ readers: 0, sockets: 0 });
    expect(owner.id).toBeTruthy();
  });

  test('a stranger is told so, and nothing is left open', async () => {
    await using world = await createTestApi();
    const { roomId } = await room(world);
    const stranger = await world.register('sam');
    const answer = await rawCall(world.api.url, 'subscription', 'rooms.events', { input: { roomId }, accessToken: stranger.accessToken });
    expect(answer.error?.data.appCode).toBe('FORBIDDEN');
    await expect.poll(() => world.api.counts()).toMatchObject({ readers: 0, rooms: 0, sockets: 0 });
  });

  test('the inbox is read the same way, and ends with its session too', async () => {
    await using world = await createTestApi();
    const { owner } = await room(world);
    const answer = await rawCall(world.api.url, 'subscription', 'inbox.events', { input: {}, accessToken: owner.accessToken });
    expect(answer.data).toMatchObject({ type: 'snapshot', rooms: [{ room: { name: 'Harbour' } }, { room: { name: 'Lobby' } }] });
    await expect.poll(() => world.api.counts()).toMatchObject({ inboxReaders: 0, inboxRooms: 0, sockets: 0 });
  });
});

/** Node 20 has no EventSource: the few of its features that tRPC's client uses, over fetch. */
function stockClient(world: TestApi, { accessToken }: TestUser) {
  return createTRPCClient<AppRouter>({
    links: [httpSubscriptionLink({ url: `${world.api.url}/trpc`, EventSource: eventSource(accessToken) as never })],
  });
}

/** An EventSource over fetch that sends an access token. */
function eventSource(accessToken: string) {
  return class extends EventTarget {
    static readonly CLOSED = 2;
    readyState = 0;
    readonly #abort = new AbortController();

    constructor(url: string) {
      super();
      void this.#run(url);
    }

    close(): void {
      this.readyState = 2;
      this.#abort.abort();
    }

    async #run(url: string): Promise<void> {
      try {
        const response = await fetch(url, { headers: { authorization: `Bearer ${accessToken}` }, signal: this.#abort.signal });
        this.readyState = 1;
        this.dispatchEvent(new Event('open'));
        for await (const { event, id, data } of serverSentEvents(response)) {
          this.dispatchEvent(Object.assign(new Event(event), { data: JSON.stringify(data), lastEventId: id ?? '' }));
        }
      } catch (error) {
        if (!this.#abort.signal.aborted) throw error;
      }
    }
  };
}
