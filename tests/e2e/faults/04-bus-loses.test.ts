import { gate, words } from '@parley/model-server';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { allHaveText, startScene } from './harness/scene.js';
import { until } from './harness/settle.js';
import { repliesOf } from './harness/truth.js';
import { startWorld, type World } from './harness/world.js';

let world: World;

beforeAll(async () => {
  world = await startWorld({ name: '04 the bus loses what it was given', apis: 2, workers: 1, links: true });
});
afterEach(() => world?.restore());
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
  await until('the model wrote on', () => world.model.requests.at(-1)!.sent.length >= (before + during).length - 1);
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

test('calls that were queued when JetStream lost its data run all the same, and so do later ones', async () => {
  await using scene = await startScene(world, { name: 'wiped', urls: [world.apis[0]!.url] });
  const [worker] = world.workers;
  const [person] = scene.people;
  expect(await worker!.stop()).toBe(0);
  for (let i = 0; i < 4; i++) await person!.say(scene.roomId, `/ask question ${i}`);
  expect(await repliesOf(world.database, scene.roomId)).toMatchObject(Array.from({ length: 4 }, () => ({ status: 'queued' })));

  await world.nats.restartEmpty();
  await worker!.start();
  await until('the queued calls have run', async () =>
    (await repliesOf(world.database, scene.roomId)).every(({ status }) => status === 'complete'),
  );

  // The store is wiped while processes run, so the stream has to be made again.
  await world.nats.restartEmpty();
  await person!.say(scene.roomId, '/ask one more');
  await until('the later call has run', async () => {
    const replies = await repliesOf(world.database, scene.roomId);
    return replies.length === 5 && replies.every(({ status }) => status === 'complete');
  });
  await scene.settle();
});

test('the bus loses the end of a reply and the last message of a room: every reader settles all the same', async () => {
  await using scene = await startScene(world, { name: 'final', urls: world.apis.map(({ url }) => url) });
  const { people, roomId, readers } = scene;
  const door = gate();
  world.model.script(() => ({
    steps: (async function* () {
      yield* words('Everyone reads this,');
      yield { until: door.opened };
      yield* words(' and nobody is sent the end.');
    })(),
  }));
  await people[0]!.say(roomId, '@ada go');
  await until('everyone has the beginning', () => allHaveText(readers, 'Everyone reads this,'.length));

  // The worker alone is cut off: nobody else sees a connection break, so nobody has a reason to look.
  world.workers[0]!.links.nats.refuse();
  door.open();
  const truth = await scene.settle();
  expect(truth.messages.at(-1)).toMatchObject({ status: 'complete', content: 'Everyone reads this, and nobody is sent the end.' });

  // The same for a message: its sender's API is cut off, and the others hear nothing of it.
  world.apis[0]!.links.nats.refuse();
  const last = await people[0]!.say(roomId, 'the last word');
  expect(last.acknowledged).not.toBeNull();
  await scene.settle();
  world.workers[0]!.links.nats.restore();
  world.apis[0]!.links.nats.restore();
});
