import { afterAll, beforeAll, expect, test } from 'vitest';
import { readHealth } from './harness/health.js';
import { startScene } from './harness/scene.js';
import { until } from './harness/settle.js';
import { startWorld, type World } from './harness/world.js';

let world: World;

beforeAll(async () => {
  world = await startWorld({ name: '06 NATS away', apis: 2, workers: 1 });
});
afterAll(() => world?.[Symbol.asyncDispose]());

/** Sends one after another for a while. @returns how long each send took, in milliseconds, sorted */
async function sendFor(ms: number, send: (i: number) => Promise<unknown>): Promise<number[]> {
  const took: number[] = [];
  const until = performance.now() + ms;
  for (let i = 0; performance.now() < until; i++) {
    const startedAt = performance.now();
    await send(i);
    took.push(performance.now() - startedAt);
  }
  return took.sort((a, b) => a - b);
}

test('with NATS away messages are accepted and stored, sends do not wait for it, readers see everything late and not never', async () => {
  await using scene = await startScene(world, { name: 'nats-away', urls: world.apis.map(({ url }) => url) });
  const [sender] = scene.people;
  const { roomId } = scene;
  const before = await sendFor(1_500, (i) => sender!.say(roomId, `before ${i}`));

  // The broker is by turns gone and silent: a silent broker takes what is written to it, and answers nothing.
  for (const [kind, fail, mend] of [
    ['gone', () => world.nats.kill(), () => world.nats.start()],
    ['silent', async () => world.nats.freeze(), async () => world.nats.thaw()],
  ] as const) {
    await fail();
    const during = await sendFor(1_500, (i) => sender!.say(roomId, `${kind} ${i}`));
    // The answer depends on the commit alone. If `publish` were awaited, each answer would wait for the broker, or for the publish's own
    // time limit of two seconds.
    expect(during[during.length >> 1]).toBeLessThan(Math.max(5 * before[before.length >> 1]!, 1_500));
    const asked = await sender!.say(roomId, `/ask while it is ${kind}`);
    expect(asked.acknowledged).not.toBeNull();
    const last = asked.acknowledged!.seq;
    await until('readers see it while NATS is away', () =>
      scene.readers.every((reader) => [...reader.messages()].some(({ seq }) => seq >= last)),
    );
    if (kind === 'gone')
      for (const { url } of world.apis)
        expect(await readHealth(url)).toMatchObject({ status: 'degraded', parts: { bus: 'away', database: 'ok' } });
    await mend();
    await until('all parts are back', async () =>
      (await Promise.all(world.apis.map(({ url }) => readHealth(url)))).every(({ status }) => status === 'ok'),
    );
  }
  const truth = await scene.settle();
  const unacknowledged = scene.history.sends.filter(({ acknowledged }) => acknowledged === null);
  expect(unacknowledged).toEqual([]);
  expect(truth.messages.filter(({ kind }) => kind === 'reply')).toMatchObject([{ status: 'complete' }, { status: 'complete' }]);
  // A healthy process logs that a part is away, but not for every message.
  for (const { running } of world.apis) expect(running.output().split('\n').length).toBeLessThan(200);
});
