import { setImmediate } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connect, type Person } from '../harness/person.js';
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

/** Subscribes from `after`, or from the head, until a few messages came. @returns what is wrong with them, or null */
async function subscribeOnce(person: Person, roomId: string, after: number | undefined): Promise<string | null> {
  const { events, errors, stop } = person.read(roomId, after);
  try {
    await events.until((items) => items.filter(({ data }) => data.type === 'message').length >= 3);
  } catch (error) {
    return String(error);
  } finally {
    stop();
  }
  if (errors.items.length > 0) return String(errors.items[0]);
  const [first, ...rest] = events.items;
  if (first!.data.type !== 'hello') return `${first!.data.type} came before hello`;
  // Nothing but messages changes this room, so from the position on every rev must come, once, in order.
  let rev = after ?? first!.data.rev;
  for (const { data } of rest) {
    if (data.type !== 'message') continue;
    if (data.rev !== rev + 1) return `rev ${data.rev} came after ${rev} (from ${after ?? 'the head'})`;
    rev = data.rev;
  }
  return null;
}

test('subscriptions that race messages miss none and get none twice, thousands of times', async () => {
  await using scene = await startScene(world, { name: 'racing', urls: [world.apis[0]!.url, world.apis[1]!.url] });
  const { people, roomId, readers } = scene;
  // These subscriptions use other connections: the scene's own readers would keep the hubs open, and come back only for the end.
  const ways = people.map((person, i) =>
    connect(world.apis[i]!.url, { id: person.id, username: person.name, accessToken: person.client.auth.accessToken()!, refreshToken: '' }),
  );
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
    const person = ways[i % ways.length]!;
    while (begun < subscriptions && problems.length < 5) {
      begun++;
      // Subscribe by turns from the head, and from a little before the last acknowledged message.
      const after = begun % 2 === 0 ? undefined : Math.max(rev, head - world.chance.between(0, 5));
      const problem = await subscribeOnce(person, roomId, after);
      if (problem) problems.push(problem);
      await setImmediate();
    }
  });
  await Promise.all(subscribing);
  racing = false;
  await Promise.all(writing);
  expect(problems).toEqual([]);
  await scene.settle({ readers });
  await Promise.all(ways.map((way) => way[Symbol.asyncDispose]()));
});
