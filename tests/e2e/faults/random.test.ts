import { setImmediate } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { faults } from './harness/faults.js';
import { startLoad, startModel } from './harness/load.js';
import { startScene } from './harness/scene.js';
import { soonTakenOver, startWorld, type World } from './harness/world.js';

/** For how many minutes faults are injected; longer if some kind was not injected by then. Runs by hand use 60. */
const minutes = Number(process.env['FAULTS_MINUTES'] ?? 0.5);
/** Each room is written in for so long at most, then checked: what people saw of it fits into memory. */
const roomMs = 60_000;
/** No kind may be rarer than this, and each is injected at least once. */
const perHour = 20;
const wanted = Math.max(1, Math.floor((perHour * minutes) / 60));
/** A slow machine goes on until every kind was injected, for so long at most. */
const mostMinutes = 4 * minutes + 5;

let world: World;

beforeAll(async () => {
  if (!(minutes > 0)) throw new TypeError('FAULTS_MINUTES must be a number above 0.');
  world = await startWorld({
    name: `random faults for ${minutes} min`,
    apis: 3,
    workers: 2,
    links: true,
    variables: {
      ...soonTakenOver,
      MAX_REPLAY: '100000',
      REPLY_BETWEEN_TOKENS_MS: '1500',
      REPLY_FIRST_TOKEN_MS: '1500',
      REPLY_MAX_TRIES: '20',
    },
  });
});
afterAll(() => world?.[Symbol.asyncDispose]());

test(
  'random faults under load break no promise',
  async () => {
    const { chance } = world;
    const model = startModel(chance);
    world.model.script(model.script);
    const kinds = Object.keys(faults);
    const injected: Record<string, number> = Object.fromEntries(kinds.map((kind) => [kind, 0]));
    const counts = { rooms: 0, messages: 0, answers: 0, retries: 0, replies: {} as Record<string, number>, reconnects: 0 };
    let bag: string[] = [];
    const missing = () => kinds.filter((kind) => injected[kind]! < wanted);
    const startedAt = Date.now();
    const goesOn = () => Date.now() < startedAt + (missing().length === 0 ? minutes : mostMinutes) * 60_000;

    for (let room = 1; goesOn(); room++) {
      const scene = await startScene(world, { name: `random-${room}`, urls: Array.from({ length: 5 }, () => world.frontUrl) });
      const chats = await Promise.all(scene.people.slice(0, 2).map((person) => person.converse(`beside ${room}`, world.frontUrl)));
      const load = startLoad(scene, chance, chats);
      const roomEnd = Date.now() + roomMs;
      while (Date.now() < roomEnd && goesOn()) {
        if (bag.length === 0) bag = shuffle(kinds, () => chance.random());
        const kind = bag.pop()!;
        // A fault that meets nobody at work proves nothing.
        const deadline = Date.now() + 120_000;
        while ((load.sending === 0 || model.streaming === 0) && Date.now() < deadline) await setImmediate();
        expect(load.sending, 'sends in flight').toBeGreaterThan(0);
        expect(model.streaming, 'replies in flight').toBeGreaterThan(0);
        await faults[kind]!(world);
        injected[kind]!++;
      }
      await load.stop();
      const truth = await scene.settle({ timeoutMs: 120_000 });
      for (const chat of chats) counts.answers += (await chat.settle(world.database)).length;
      expect(scene.history.sends.filter(({ acknowledged }) => acknowledged === null)).toEqual([]);
      counts.rooms++;
      counts.messages += truth.messages.filter(({ kind }) => kind === 'text').length;
      counts.retries += scene.history.sends.reduce((sum, { tries }) => sum + tries - 1, 0);
      for (const { kind, status } of truth.messages) if (kind === 'reply') counts.replies[status!] = (counts.replies[status!] ?? 0) + 1;
      counts.reconnects += scene.readers.reduce((sum, reader) => sum + reader.connections() - 1, 0);
      await scene[Symbol.asyncDispose]();
    }

    console.log(JSON.stringify({ seed: chance.seed, minutes, ...counts, injected, modelFaults: model.wrong }, null, 2));
    expect(missing()).toEqual([]);
    for (const process of [...world.apis, ...world.workers]) expect([process.name, process.up]).toEqual([process.name, true]);
  },
  (mostMinutes + 10) * 60_000,
);

function shuffle<T>(items: readonly T[], random: () => number): T[] {
  const shuffled = [...items];
  for (let i = shuffled.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [shuffled[i], shuffled[j]] = [shuffled[j]!, shuffled[i]!];
  }
  return shuffled;
}
