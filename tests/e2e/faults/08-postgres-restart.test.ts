import { afterAll, beforeAll, expect, test } from 'vitest';
import { callFailure } from '@parley/client/trpc';
import { gate, words } from '@parley/model-server';
import { readHealth } from './harness/health.js';
import { allHaveText, startScene } from './harness/scene.js';
import { until } from './harness/settle.js';
import { startWorld, type World } from './harness/world.js';

let world: World;

beforeAll(async () => {
  // The lease outlasts the outage: the worker that began the reply is to end it, however often it has to try.
  world = await startWorld({ name: '08 PostgreSQL restarted', apis: 2, workers: 1, variables: { REPLY_LEASE_MS: '30000' } });
});
afterAll(() => world?.[Symbol.asyncDispose]());

test('PostgreSQL is restarted during sends: nothing acknowledged is lost, nothing doubled, senders are told', async () => {
  const urls = [...world.apis, ...world.apis].map(({ url }) => url);
  await using scene = await startScene(world, { name: 'pg-restart', urls });
  const { people, roomId, history, readers } = scene;
  const door = gate();
  world.model.script(() => ({
    steps: (async function* () {
      yield* words('Begun before');
      yield { until: door.opened };
      yield* words(' and ended while the database was away.');
    })(),
  }));
  await people[0]!.say(roomId, '@ada go');
  await until('the reply is under way', () => allHaveText(readers, 'Begun before'.length));

  let sending = true;
  const load = people.map(async (person, i) => {
    for (let n = 0; sending; n++) await person.say(roomId, `message ${n} of ${i}`);
  });
  const acknowledged = () => history.sends.filter((send) => send.acknowledged !== null).length;
  for (let round = 0; round < 2; round++) {
    const before = acknowledged();
    await until('sends are under way', () => acknowledged() > before + 20);
    await world.postgres.kill();
    if (round === 0) {
      door.open();
      await world.model.requests[0]!.ended;
      // A call that cannot be served fails with a code that says so; it does not wait for the database to come back.
      const refusal = await people[0]!.client.trpc.rooms.create.mutate({ name: 'not now' }).then(() => null, callFailure);
      expect(refusal).toMatchObject({ code: 'UNAVAILABLE', retry: 'always' });
      await until('health says so', async () => (await readHealth(world.apis[0]!.url)).parts['database'] === 'away');
    }
    await world.postgres.start();
    const after = acknowledged();
    await until('sends go on', () => acknowledged() > after + 20);
  }
  sending = false;
  await Promise.all(load);
  expect(history.sends.filter((send) => send.acknowledged === null)).toEqual([]);
  // Some sends had to be tried again; otherwise the database was never away for them.
  expect(history.sends.some(({ tries }) => tries > 1)).toBe(true);
  const truth = await scene.settle();
  expect(truth.messages.find(({ kind }) => kind === 'reply')).toMatchObject({
    status: 'complete',
    attempt: 1,
    content: 'Begun before and ended while the database was away.',
  });
});
