import { setImmediate } from 'node:timers/promises';
import type { RoomEvent } from '@parley/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { Collected } from '../harness/collected.js';
import { connect, type Person } from '../harness/person.js';
import { surfaces, type ReaderKind } from './harness/other-readers.js';
import { startScene } from './harness/scene.js';
import { startWorld, type World } from './harness/world.js';

let world: World;
/** Subscriptions made while others write. */
const subscriptions = 2_000;

beforeAll(async () => {
  // A hub closes as soon as it is empty. So it is opened again and again, which is where the race is.
  world = await startWorld({ name: '12 subscribe races publish', apis: 2, workers: 0, variables: { HUB_LINGER_MS: '1' } });
});
afterAll(() => world?.[Symbol.asyncDispose]());

/** Somebody at one API. */
interface Way {
  url: string;
  token: string;
  person: Person;
}

/** Streams a room's server-sent events until a few messages came, as {@link subscribeOnce} does. */
async function streamOnce({ url, token }: Way, roomId: string, after: number | undefined): Promise<string | null> {
  const stop = new AbortController();
  try {
    const response = await fetch(`${url}/api/rooms/${roomId}/events${after === undefined ? '' : `?after=${after}`}`, {
      headers: { authorization: `Bearer ${token}` },
      signal: stop.signal,
    });
    let text = '';
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      const whole = text.slice(0, text.lastIndexOf('\n\n') + 1);
      const events = [...whole.matchAll(/^data: (.*)$/gm)].map(([, data]) => JSON.parse(data!) as RoomEvent);
      if (events.filter(({ type }) => type === 'message').length >= 3) return misses(events, after);
    }
    return `the stream ended: ${text}`;
  } catch (error) {
    return String(error);
  } finally {
    stop.abort();
  }
}

/** Opens a plain socket, until a few messages came. It names the last message before them, and goes on without a gap. */
async function openOnce({ url, token }: Way, roomId: string): Promise<string | null> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/ws?roomID=${roomId}`, ['parley', token]);
  const frames = new Collected<{ type: string; lastMessageID: string; messageID: string; seq: number }>();
  socket.on('message', (data: Buffer) => frames.push(JSON.parse(data.toString()) as (typeof frames.items)[number]));
  socket.on('error', () => {});
  try {
    await frames.until((items) => items.filter(({ type }) => type === 'message').length >= 3);
  } catch (error) {
    return String(error);
  } finally {
    socket.terminate();
  }
  const [connection] = frames.items;
  if (connection!.type !== 'connection') return `${connection!.type} came before connection`;
  const said = frames.items.filter(({ type }) => type === 'message');
  const last = await lastSeqBefore(connection!.lastMessageID);
  for (const [index, { seq }] of said.entries())
    if (seq !== last + index + 1) return `seq ${seq} came as number ${index + 1} after ${last}`;
  return null;
}

/** The seq of a message, by its id. */
async function lastSeqBefore(messageId: string): Promise<number> {
  const [row] = await world.database.db.$queryRawUnsafe<{ seq: number }[]>('select seq from messages where id = $1::uuid', messageId);
  return row!.seq;
}

/** Subscribes from `after`, or from the head, until a few messages came. @returns what is wrong with them, or null */
async function subscribeOnce({ person }: Way, roomId: string, after: number | undefined): Promise<string | null> {
  const { events, errors, stop } = person.read(roomId, after);
  try {
    await events.until((items) => items.filter(({ data }) => data.type === 'message').length >= 3);
  } catch (error) {
    return String(error);
  } finally {
    stop();
  }
  if (errors.items.length > 0) return String(errors.items[0]);
  return misses(
    events.items.map(({ data }) => data),
    after,
  );
}

/** What is missing or too much in the first events of a subscription, or null. */
function misses([first, ...rest]: RoomEvent[], after: number | undefined): string | null {
  if (first?.type !== 'hello') return `${first?.type} came before hello`;
  // Nothing but messages changes this room, so from the position on every rev must come, once, in order.
  let rev = after ?? first.rev;
  for (const data of rest) {
    if (data.type !== 'message') continue;
    if (data.rev !== rev + 1) return `rev ${data.rev} came after ${rev} (from ${after ?? 'the head'})`;
    rev = data.rev;
  }
  return null;
}

const subscribe = { tRPC: subscribeOnce, SSE: streamOnce, '/ws': openOnce } satisfies Record<ReaderKind, unknown>;

test('subscriptions that race messages miss none and get none twice, thousands of times', async () => {
  await using scene = await startScene(world, { name: 'racing', urls: [world.apis[0]!.url, world.apis[1]!.url] });
  const { people, roomId, readers } = scene;
  // These subscriptions use other connections: the scene's own readers would keep the hubs open, and come back only for the end.
  const ways = people.map((person, i): Way => {
    const { url } = world.apis[i]!;
    const token = person.client.auth.accessToken()!;
    return { url, token, person: connect(url, { id: person.id, username: person.name, accessToken: token, refreshToken: '' }) };
  });
  const { rev, mine } = await people[0]!.client.trpc.rooms.get.query({ roomId });
  // From here on only messages change the room, so rev and seq run in step.
  const ahead = rev - mine.lastSeq;
  let racing = true;
  let head = rev;
  const writing = people.map(async (person) => {
    for (let n = 0; racing; n++) {
      const { acknowledged } = await person.say(roomId, `message ${n}`);
      head = Math.max(head, acknowledged!.seq + ahead);
    }
  });
  const problems: string[] = [];
  let begun = 0;
  const subscribing = Array.from({ length: 24 }, async (_, i) => {
    const way = ways[i % ways.length]!;
    while (begun < subscriptions && problems.length < 5) {
      begun++;
      // Subscribe by turns from the head, and from a little before the last acknowledged message.
      const after = begun % 2 === 0 ? undefined : Math.max(rev, head - world.chance.between(0, 5));
      // A subscription over another surface is a connection of its own, which costs more: every fifth is one of them.
      const surface = begun % 5 === 0 ? surfaces[(begun / 5) % surfaces.length]! : 'tRPC';
      const problem = await subscribe[surface](way, roomId, after);
      if (problem) problems.push(`${surface}: ${problem}`);
      await setImmediate();
    }
  });
  await Promise.all(subscribing);
  racing = false;
  await Promise.all(writing);
  expect(problems).toEqual([]);
  await scene.settle({ readers });
  await Promise.all(ways.map(({ person }) => person[Symbol.asyncDispose]()));
});
