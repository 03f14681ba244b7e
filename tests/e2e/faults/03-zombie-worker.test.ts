import { afterAll, beforeAll, expect, test } from 'vitest';
import { gate, words } from '@parley/model-server';
import { allHaveText, startScene } from './harness/scene.js';
import { until } from './harness/settle.js';
import { leaseOf, repliesOf } from './harness/truth.js';
import { soonTakenOver, startWorld, type World } from './harness/world.js';

let world: World;

beforeAll(async () => {
  world = await startWorld({ name: '03 a zombie', apis: 2, workers: 2, variables: soonTakenOver });
});
afterAll(() => world?.[Symbol.asyncDispose]());

test('a worker that was stopped past its lease changes nothing when it goes on: not while another writes, not after', async () => {
  await using scene = await startScene(world, { name: 'zombie', urls: world.apis.map(({ url }) => url) });
  const zombieText = 'What the zombie wrote, ';
  const zombieRest = 'and believed to be the end.';
  const finalText = 'What the other wrote is what counts.';
  const [zombieDoor, otherDoor] = [gate(), gate()];
  world.model.script(({ index }) => ({
    steps: (async function* () {
      yield* words(index === 0 ? zombieText.trimEnd() : finalText.slice(0, 14));
      yield { until: index === 0 ? zombieDoor.opened : otherDoor.opened };
      yield* words(index === 0 ? ` ${zombieRest}` : finalText.slice(14));
    })(),
  }));
  await scene.people[0]!.say(scene.roomId, '@ada go');
  await until('everyone has the first text', () => allHaveText(scene.readers, 10));
  const [reply] = await repliesOf(world.database, scene.roomId);
  const { owner } = await leaseOf(world.database, reply!.id);
  const zombie = world.workers.find(({ name }) => name === owner)!;
  zombie.running.signal('SIGSTOP');
  // The model's whole answer waits in the zombie's socket until the zombie goes on.
  zombieDoor.open();
  await world.model.requests[0]!.ended;
  await until('another has claimed it', async () => (await leaseOf(world.database, reply!.id)).attempt === 2);
  await until('its text is there', () => scene.readers.every((reader) => reader.textOf(reply!.id)?.attempt === 2));

  zombie.running.signal('SIGCONT');
  const outcome = await zombie.running.printed(new RegExp(`"messageId":"${reply!.id}"[^\\n]*"attempt":1[^\\n]*`));
  expect(outcome[0]).toMatch(/fenced|lost/);
  expect(await leaseOf(world.database, reply!.id)).toMatchObject({ attempt: 2, state: 'streaming' });
  expect((await repliesOf(world.database, scene.roomId))[0]).toMatchObject({ status: 'streaming', content: '' });

  otherDoor.open();
  const truth = await scene.settle();
  expect(truth.messages.at(-1)).toMatchObject({ id: reply!.id, status: 'complete', attempt: 2, content: finalText });
});
