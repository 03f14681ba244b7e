import { afterAll, beforeAll, expect, test } from 'vitest';
import { gate, words } from '@parley/model-server';
import { allHaveText, startScene } from './harness/scene.js';
import { until } from './harness/settle.js';
import { startWorld, type World } from './harness/world.js';

let world: World;

beforeAll(async () => {
  world = await startWorld({ name: '04 NATS restarted', apis: 2, workers: 1, links: true });
});
afterAll(() => world?.[Symbol.asyncDispose]());

test('when NATS is restarted in the middle of a stream, no durable event is lost and the text heals before the end', async () => {
  await using scene = await startScene(world, { name: 'nats-restart', urls: world.apis.map(({ url }) => url) });
  const [before, during, after] = [
    'What everyone reads at once, ',
    'what the bus loses while it is away, ',
    'what comes when it is back, ',
  ];
  const [away, back] = [gate(), gate()];
  let healed = false;
  let more = '';
  world.model.script(() => ({
    steps: (async function* () {
      yield* words(before.trimEnd());
      yield { until: away.opened };
      yield* words(` ${during.trimEnd()}`);
      yield { until: back.opened };
      yield* words(` ${after.trimEnd()}`);
      // Readers notice a hole only by later text, and text is lost until the worker has reconnected. So the model goes on writing.
      while (!healed) {
        more += ' more';
        yield ' more';
        yield { waitMs: 100 };
      }
      yield ' and the end.';
    })(),
  }));
  await scene.people[0]!.say(scene.roomId, '@ada go');
  await until('everyone has the beginning', () => allHaveText(scene.readers, before.length - 1));

  await world.nats.kill();
  away.open();
  await until('the model wrote on', () => world.model.requests[0]!.sent.length >= (before + during).length - 1);
  const said = await Promise.all(scene.people.map((person) => person.say(scene.roomId, `${person.name} while NATS is away`)));
  for (const { acknowledged } of said) expect(acknowledged).not.toBeNull();
  await world.nats.start();
  await until('all are connected', () => [...world.apis, ...world.workers].every(({ links }) => links.nats.open > 0));
  back.open();
  const whole = (before + during + after).trimEnd();
  await until('the text has healed before its end', () => allHaveText(scene.readers, whole.length));

  healed = true;
  const truth = await scene.settle();
  expect(truth.messages.find(({ kind }) => kind === 'reply')).toMatchObject({
    status: 'complete',
    attempt: 1,
    content: `${whole}${more} and the end.`,
  });
});
