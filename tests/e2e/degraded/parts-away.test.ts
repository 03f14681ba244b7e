import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { ServerPart } from '@parley/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readHealth } from '../faults/harness/health.js';
import { startLoad } from '../faults/harness/load.js';
import { startScene } from '../faults/harness/scene.js';
import { until } from '../faults/harness/settle.js';
import { soonTakenOver, startWorld, type World } from '../faults/harness/world.js';
import { register } from '../harness/person.js';
import { words } from '@parley/model-server';

let world: World;

beforeAll(async () => {
  world = await startWorld({
    name: 'parts away',
    apis: 1,
    workers: 1,
    links: true,
    variables: {
      ...soonTakenOver,
      LIMIT_ROOMS_PER_HOUR: '100000',
      LIMIT_LOGIN_PER_MIN: '100000',
      DATABASE_STATEMENT_MS: String(statementMs),
    },
  });
  world.model.script(() => ({ steps: words('An answer of a few words.') }));
});
afterAll(() => world?.[Symbol.asyncDispose]());

/** How long each outage lasts under load, in milliseconds, besides what finding it out takes. */
const outageMs = 2_000;
/** The time limit of a statement, in milliseconds: no call may wait that long. */
const statementMs = 60_000;
/** The longest that a call may take which waits for a silent part; the limit is 1.5 s once that is known, the rest is a busy machine. */
const patientMs = statementMs / 2;

type Link = 'postgres' | 'nats' | 'redis';

const links = () => [...world.apis, ...world.workers].map((process) => process.links);

/** Each way in which a part can be away, and what the server must say about it. */
const outages: { link: Link; how: 'gone' | 'silent'; parts: ServerPart[]; ready: boolean }[] = [
  { link: 'redis', how: 'gone', parts: ['presence', 'limits'], ready: true },
  { link: 'redis', how: 'silent', parts: ['presence', 'limits'], ready: true },
  { link: 'nats', how: 'gone', parts: ['bus'], ready: true },
  { link: 'nats', how: 'silent', parts: ['bus'], ready: true },
  { link: 'postgres', how: 'gone', parts: ['database'], ready: false },
  { link: 'postgres', how: 'silent', parts: ['database'], ready: false },
];

/** Lines of at least warn that a process printed, by message. */
function complaints(output: string): string[] {
  return output
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as { level: number; msg: string })
    .filter(({ level }) => level >= 40)
    .map(({ msg }) => msg);
}

/** Makes a call, and returns what came of it and how long it took. */
async function outcomeOf(call: () => Promise<unknown>): Promise<{ code: string; retryAfterMs: number | undefined; ms: number }> {
  const startedAt = performance.now();
  const result = await call().then(
    () => ({ code: 'done', retryAfterMs: undefined }),
    (error: { data?: { appCode: string; retryAfterMs?: number } }) => ({
      code: error.data?.appCode ?? String(error),
      retryAfterMs: error.data?.retryAfterMs,
    }),
  );
  return { ...result, ms: performance.now() - startedAt };
}

test('a part that is gone or silent is named, calls end soon with a code, all heals by itself, and the log stays short', async () => {
  const [api] = world.apis;
  const { url } = api!;
  await using scene = await startScene(world, { name: 'degraded', urls: [url, url] });
  const { people } = scene;
  await using raw = await register(url, 'raw');
  const { id: aside } = await raw.http.rooms.create.mutate({ name: 'aside' });
  const { url: hook } = await raw.http.hooks.create.mutate({ roomId: aside, name: 'Builds' });
  const byFetch = async (path: string, body?: object) => {
    const accept = 'application/json, text/event-stream';
    const headers = { authorization: `Bearer ${raw.accessToken}`, 'content-type': 'application/json', accept };
    const response = await fetch(`${url}${path}`, { headers, ...(body && { method: 'POST', body: JSON.stringify(body) }) });
    const answer = (await response.json()) as { error: Error };
    if (!response.ok) throw answer.error;
  };
  // The server says by itself what it is without to whoever has an inbox open; others find out when a call fails.
  people[0]!.client.openInbox();

  for (const { link, how, parts, ready } of outages) {
    const name = `${link} ${how}`;
    const processes = [...world.apis, ...world.workers];
    const saidBefore = processes.map(({ running }) => complaints(running.output()).length);
    const load = startLoad(scene, world.chance);
    await until(`${name}: the load is there`, () => scene.history.sends.length > 0);
    for (const each of links()) {
      if (how === 'gone') each[link].refuse();
      else each[link].freeze();
    }
    await until(`${name}: health names it`, async () => {
      const { parts: said } = await readHealth(url);
      return parts.every((part) => said[part] === 'away');
    });
    const { parts: said } = await readHealth(url);
    expect([name, Object.keys(said).filter((part) => said[part] === 'away')]).toEqual([name, parts]);
    expect([name, (await fetch(`${url}/health`)).status]).toEqual([name, ready ? 200 : 503]);
    expect([name, (await fetch(`${url}/ready`)).status]).toEqual([name, ready ? 200 : 503]);
    await until(`${name}: people with an inbox are told`, () => people[0]!.client.server.state.away.join() === parts.join());

    const clientId = randomUUID();
    const send = () => raw.http.messages.send.mutate({ roomId: aside, clientId, content: `${name}, by a program` });
    const calls = {
      read: () => raw.http.messages.list.query({ roomId: aside, limit: 10 }),
      send,
      rest: () => byFetch('/api/rooms'),
      hook: () => byFetch(hook, { content: `${name}, by a hook` }),
      mcp: () => byFetch('/mcp', { jsonrpc: '2.0', id: 1, method: 'tools/list' }),
      create: () => raw.http.rooms.create.mutate({ name: `made while ${name}` }),
      ask: () => raw.http.messages.send.mutate({ roomId: aside, clientId: randomUUID(), content: '/ask while a part is away' }),
      login: () => raw.http.auth.login.mutate({ username: 'raw', password: 'password of raw', transport: 'token' }),
    };
    const refused: string[] = [];
    const endsAt = Date.now() + outageMs;
    do {
      for (const [what, call] of Object.entries(calls)) {
        const { code, retryAfterMs, ms } = await outcomeOf(call);
        expect(ms, `${name}: ${what}`).toBeLessThan(patientMs);
        if (code === 'done') continue;
        expect([name, what, code]).toEqual([name, what, 'UNAVAILABLE']);
        expect(retryAfterMs, `${name}: ${what}`).toBeGreaterThan(0);
        refused.push(what);
      }
      await delay(50);
    } while (Date.now() < endsAt);
    const expected = { nats: [], redis: ['ask', 'login'], postgres: Object.keys(calls) }[link];
    expect([name, [...new Set(refused)].sort()]).toEqual([name, expected.toSorted()]);

    for (const each of links()) each[link].restore();
    await until(`${name}: health is well`, async () => (await readHealth(url)).status === 'ok');
    expect([name, (await fetch(`${url}/ready`)).status]).toEqual([name, 200]);
    await until(`${name}: people are told that it is over`, () => people.every(({ client }) => client.server.state.away.length === 0));
    await load.stop();
    // A call that was given up may have been done all the same. Sending again with its clientId is safe.
    expect((await send()).message!.content).toBe(`${name}, by a program`);
    for (const [i, { running, name: process }] of processes.entries()) {
      const said = complaints(running.output()).slice(saidBefore[i]);
      expect(said.length, `${name}: ${process} says\n${said.join('\n')}`).toBeLessThan(20);
    }
  }
  await scene.settle();
  expect(scene.history.sends.filter(({ acknowledged }) => acknowledged === null)).toEqual([]);
  // Each of the program's messages is there once, however often it was sent.
  const stored = await world.database.db.message.findMany({ where: { roomId: aside, content: { endsWith: ', by a program' } } });
  expect(stored.map(({ content }) => content).toSorted()).toEqual(
    outages.map(({ link, how }) => `${link} ${how}, by a program`).toSorted(),
  );
}, 600_000);
