import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { register } from '../harness/person.js';
import { readHealth } from './harness/health.js';
import { until } from './harness/settle.js';
import { startWorld, type World } from './harness/world.js';

let world: World;
const switches = 10_000;

beforeAll(async () => {
  world = await startWorld({
    name: '14 switching rooms',
    apis: 1,
    workers: 0,
    variables: { HUB_LINGER_MS: '50', LIMIT_ROOMS_PER_HOUR: '1000' },
  });
});
afterAll(() => world?.[Symbol.asyncDispose]());

/** A gauge or counter of `/metrics`, without labels. */
async function metric(name: string): Promise<number> {
  const text = await (await fetch(`${world.apis[0]!.url}/metrics`)).text();
  const line = text.split('\n').find((each) => each.startsWith(`${name} `));
  if (!line) throw new Error(`no metric ${name}`);
  return Number(line.split(' ')[1]);
}

test('after ten thousand subscriptions, stops and room switches there are as many hubs, bus subscriptions and readers as before', async () => {
  const [api] = world.apis;
  const people = await Promise.all(Array.from({ length: 4 }, (_, i) => register(api!.url, `switcher-${i}`)));
  const rooms: string[] = [];
  for (let n = 0; n < 12; n++) rooms.push((await people[0]!.http.rooms.create.mutate({ name: `Room ${n}` })).id);
  for (const person of people.slice(1)) for (const roomId of rooms) await person.http.rooms.join.mutate({ roomId });
  // Each person reads once before the count, so that what stays open for good is open.
  for (const person of people) {
    const { events, stop } = person.read(rooms[0]!);
    await events.until((items) => items.length > 0);
    stop();
  }
  const settled = async () => (await readHealth(api!.url)).rooms === 0 && (await metric('parley_room_readers')) === 0;
  await until('the first rooms are closed', settled);
  const subscriptionsBefore = await world.nats.subscriptions();

  let made = 0;
  await Promise.all(
    Array.from({ length: 32 }, async (_, i) => {
      const person = people[i % people.length]!;
      while (made < switches) {
        made++;
        const { events, stop } = person.read(world.chance.pick(rooms));
        // Some readers leave at once, some before the server answers, some a moment later, as people do who switch quickly.
        const patience = made % 4;
        if (patience === 1) await events.until((items) => items.length > 0);
        else if (patience === 2) await delay(world.chance.between(0, 4));
        else if (patience === 3) await Promise.resolve();
        stop();
      }
    }),
  );
  expect(made).toBeGreaterThanOrEqual(switches);
  await until('every room is closed again', settled);
  await until('no bus subscription is left', async () => (await world.nats.subscriptions()) === subscriptionsBefore);
  // The sockets were there all the time: none had to be closed, and they still work.
  for (const person of people) {
    expect(person.closes.items).toEqual([]);
    const { events, stop } = person.read(rooms[0]!);
    await events.until((items) => items.length > 0);
    stop();
  }
  await Promise.all(people.map((person) => person[Symbol.asyncDispose]()));
  await until('no socket is left', async () => (await readHealth(api!.url)).sockets === 0);
});
