import type { DbHandle } from '@parley/db';
import { createPostgresDb } from '@parley/db/postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ChatReader } from './faults/harness/chat-reader.js';
import { readHealth } from './faults/harness/health.js';
import { History } from './faults/harness/history.js';
import { readInBrowser } from './faults/harness/other-readers.js';
import { talker } from './faults/harness/people.js';
import { allHaveText } from './faults/harness/scene.js';
import { seeded } from './faults/harness/seeded.js';
import { settleAndCheck, until } from './faults/harness/settle.js';
import { openBrowser } from './harness/browser.js';
import { startCluster, type Cluster } from './harness/cluster.js';
import { curlTranscripts } from './harness/curl-transcripts.js';
import { startNginx, type Nginx } from './harness/nginx.js';
import { register, type Person } from './harness/person.js';
import { gate, words } from '@parley/model-server';

let cluster: Cluster;
let nginx: Nginx;
let database: DbHandle;

beforeAll(async () => {
  cluster = await startCluster({ apis: 3, workers: 1, variables: { TRUST_PROXY: 'true', REGISTRATION: 'open', HEAD_SWEEP_MS: '700' } });
  nginx = await startNginx(cluster.apis);
  database = await createPostgresDb({ url: cluster.servers.variables['DATABASE_URL']!, poolSize: 2 });
});
afterAll(async () => {
  await database?.close();
  await nginx?.[Symbol.asyncDispose]();
  await cluster?.[Symbol.asyncDispose]();
});

/** How many sockets and streams each API has. */
const socketsOf = ({ apis }: Cluster) => Promise.all(apis.map(async ({ url }) => (await readHealth(url)).sockets));

const grown = (before: number[], after: number[]) => after.findIndex((count, index) => count > before[index]!);

describe('what curl is shown to do, through nginx, whose next request reaches another API', () => {
  let bot: Person;
  beforeAll(async () => {
    bot = await register(nginx.url, 'bot');
    // docs/openai.md says what the built-in model answers.
    cluster.model.script(() => ({ steps: words('You said:\n\n> The ship sails on Friday at noon.') }));
  });
  afterAll(async () => {
    await bot?.[Symbol.asyncDispose]();
    await until('all streams have ended', async () => (await socketsOf(cluster)).every((count) => count === 0));
  });

  test.each(Object.entries(curlTranscripts))('docs/%s.md', async (_page, transcript) => {
    await expect(transcript({ url: nginx.url, bot })).resolves.toBeUndefined();
  });
});

test('readers of every surface, through nginx, resume when the APIs they were on are killed in the middle of an answer, with the identical text', async () => {
  const history = new History();
  const chance = seeded('streams behind nginx');
  const [sender, reader] = await Promise.all(['sender', 'reader'].map((name) => talker(name, { url: nginx.url, history, chance })));
  const { id: roomId } = await sender!.client.trpc.rooms.create.mutate({ name: 'Behind' });
  await reader!.client.trpc.rooms.join.mutate({ roomId });
  const { path } = await reader!.client.trpc.streamTickets.create.mutate({ roomId });

  await using browser = await openBrowser();
  await browser.page.goto(`${nginx.url}/sign-in`);
  const before = await socketsOf(cluster);
  const inBrowser = await readInBrowser(history, { name: 'reader', page: browser.page, path, roomId });
  await until('the browser reads', () => inBrowser.opened() === 1);
  const withBrowser = await socketsOf(cluster);
  const plain = reader!.readBy('/ws', roomId, nginx.url);
  await until('the socket reads', () => plain.connections() === 1);
  const withPlain = await socketsOf(cluster);
  // Devices of one conversation: until one of them is on an API that will die, and so that others are not.
  const dying = new Set([grown(before, withBrowser), grown(withBrowser, withPlain)]);
  const chats: ChatReader[] = [];
  let chatDies = false;
  for (let counts = withPlain; !chatDies && chats.length < 9;) {
    const chat = reader!.readChat('a conversation', nginx.url);
    await until('the conversation is read', () => chat.connections() === 1);
    chats.push(chat);
    const after = await socketsOf(cluster);
    chatDies = dying.has(grown(counts, after));
    counts = after;
  }
  expect(chatDies).toBe(true);
  const readers = [
    inBrowser,
    plain,
    reader!.readBy('SSE', roomId, nginx.url),
    reader!.open(roomId),
    sender!.readBy('tRPC', roomId, nginx.url),
  ];
  await until('all read', () => readers.every((each) => each.connections() > 0));

  const text = `It began — 🚢 — ${'and went on, word after word, '.repeat(30)}to its end.`;
  const doors = [gate(), gate()];
  cluster.model.script(() => ({
    steps: (async function* () {
      const pieces = words(text);
      yield* pieces.slice(0, 60);
      yield { until: doors[0]!.opened };
      yield* pieces.slice(60, 120);
      yield { until: doors[1]!.opened };
      for (const piece of pieces.slice(120)) {
        yield piece;
        yield { waitMs: 5 };
      }
    })(),
  }));
  expect((await sender!.say(roomId, '@ada tell us')).acknowledged).not.toBeNull();
  const [alive] = [0, 1, 2].filter((index) => !dying.has(index));
  const answerId = await reader!.chat('a conversation', 'Tell me too', cluster.apis[alive!]!.url);
  await until('everyone has text', () => allHaveText(readers, 100));
  await until('so have the readers of the conversation', () => chats.every((chat) => (chat.answer(answerId)?.text.length ?? 0) >= 100));

  // The APIs that the EventSource and the plain socket are on, which had one more each since.
  for (const carrier of dying) {
    const api = cluster.apis[carrier]!;
    api.signal('SIGKILL');
    await api.exited;
    // Nobody tells the readers of this message while they reconnect.
    expect((await sender!.say(roomId, 'said while some were gone')).acknowledged).not.toBeNull();
    doors[0]!.open();
  }
  doors[1]!.open();
  const truth = await settleAndCheck({ database, trpc: sender!.client.trpc, history, roomId, readers });
  expect(truth.messages.find(({ kind }) => kind === 'reply')).toMatchObject({ status: 'complete', content: text, attempt: 1 });
  const reply = truth.messages.find(({ kind }) => kind === 'reply')!;
  for (const each of readers) expect([...each.messages()].find(({ id }) => id === reply.id)?.content).toBe(text);
  expect(inBrowser.opened()).toBeGreaterThan(1);
  expect(plain.connections()).toBeGreaterThan(1);
  await until('the conversation has its answer', () => chats.every((chat) => chat.answer(answerId)?.complete));
  for (const chat of chats) expect([chat.answer(answerId)?.text, chat.wrong]).toEqual([text, []]);
  expect(chats.some((chat) => chat.connections() > 1)).toBe(true);
  expect(await reader!.client.trpc.messages.get.query({ messageId: answerId })).toMatchObject({ content: text, attempt: 1 });
  await Promise.all([sender, reader].map((each) => each![Symbol.asyncDispose]()));
});
