import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { holdRoom } from '../faults/harness/hold-room.js';
import { until } from '../faults/harness/settle.js';
import { startWorld, type World } from '../faults/harness/world.js';
import { connect, register } from '../harness/person.js';
import { startProcess } from '../harness/processes.js';
import { gate, words } from '@parley/model-server';

let world: World;

beforeAll(async () => {
  world = await startWorld({ name: 'stops', apis: 1, workers: 2, variables: { WORKER_STOP_LIMIT_MS: '500', REPLY_LEASE_MS: '15000' } });
});
afterEach(() => world?.restore());
afterAll(() => world?.[Symbol.asyncDispose]());

const status = async (url: string) => (await fetch(url)).status;

/** Makes calls that write in a room, runs `meanwhile` once `count` of them wait for the room's counter, and then lets them go on. */
async function underWay<T>(
  roomId: string,
  count: number,
  { calls, meanwhile }: { calls: () => Promise<T>; meanwhile: () => Promise<void> },
): Promise<T> {
  return await holdRoom(world.database, roomId, async (room) => {
    const answers = calls();
    // Awaited below; this keeps an early failure from being reported as unhandled.
    answers.catch(() => {});
    await room.waiting(count);
    await meanwhile();
    await room.release();
    return await answers;
  });
}

test('an API that is asked to stop is no longer ready, brings the calls under way to their end, and ends with 0', async () => {
  const api = world.apis[0]!;
  await using person = await register(api.url, 'stopper');
  const { id: roomId } = await person.http.rooms.create.mutate({ name: 'Stopping' });
  const reading = person.read(roomId);
  await reading.events.until((items) => items.length > 0);

  const said = Array.from({ length: 8 }, (_, i) => `under way ${i}`);
  const send = (content: string) => person.http.messages.send.mutate({ roomId, clientId: randomUUID(), content });
  const answers = await underWay(roomId, said.length, {
    calls: () => Promise.all(said.map(send)),
    async meanwhile() {
      api.running.signal('SIGTERM');
      await until('it is not ready', async () => (await status(`${api.url}/ready`)) === 503);
    },
  });
  expect(answers.map(({ message }) => message!.content)).toEqual(said);
  reading.stop();
  await person[Symbol.asyncDispose]();
  expect(await api.running.exited).toEqual({ code: 0, signal: null });
});

test('calls under way by plain HTTP are answered though nobody holds a socket', async () => {
  const api = world.apis[0]!;
  await using person = await register(api.url, 'plain');
  const { id: roomId } = await person.http.rooms.create.mutate({ name: 'Plain' });
  const clientId = randomUUID();
  const send = () => person.http.messages.send.mutate({ roomId, clientId, content: 'the last word' });
  const answers = await underWay(roomId, 5, {
    calls: () => Promise.all(Array.from({ length: 5 }, send)),
    async meanwhile() {
      api.running.signal('SIGTERM');
      await api.running.printed(/"msg":"stopping"/);
    },
  });
  expect(new Set(answers.map(({ message }) => message!.id)).size).toBe(1);
  expect(await api.running.exited).toEqual({ code: 0, signal: null });
  // A connection that was answered and is kept for more does not keep the process.
  expect(api.running.output()).not.toContain('cut off');
});

test('a second signal ends an API at once, whoever still reads', async () => {
  const api = world.apis[0]!;
  await using account = await register(api.url, 'hanger-on');
  const { id: roomId } = await account.http.rooms.create.mutate({ name: 'Hanging on' });
  // Straight to the process, so that nothing but it can end the connection.
  await using person = connect(`http://127.0.0.1:${api.ownPort}`, account);
  const reading = person.read(roomId);
  await reading.events.until((items) => items.length > 0);
  await api.stop();
  await api.start({ STOP_DRAIN_MS: '60000' });
  await reading.events.until(() => true);
  await using again = connect(`http://127.0.0.1:${api.ownPort}`, account);
  const still = again.read(roomId);
  await still.events.until((items) => items.length > 0);
  api.running.signal('SIGTERM');
  await until('it is not ready', async () => (await status(`http://127.0.0.1:${api.ownPort}/ready`)) === 503);
  await delay(300);
  expect(api.up).toBe(true);
  api.running.signal('SIGTERM');
  expect(await api.running.exited).toEqual({ code: 1, signal: null });
});

test('a worker that is asked to stop hands over what it cannot end in time, and takes nothing new', async () => {
  const [first, second] = world.workers;
  await second!.stop();
  await using person = await register(world.apis[0]!.url, 'asker');
  const { id: roomId } = await person.http.rooms.create.mutate({ name: 'Handing over' });
  const door = gate();
  const before = world.model.requests.length;
  world.model.script(({ index }) => ({
    steps: (async function* () {
      yield* words('Begun ');
      if (index === before) yield { until: door.opened };
      yield* words('and ended.');
    })(),
  }));
  const { replies } = await person.http.messages.send.mutate({ roomId, clientId: randomUUID(), content: '/ask for long' });
  const replyId = replies[0]!.id;
  const reply = async () => (await world.database.db.message.findUniqueOrThrow({ where: { id: replyId } })).status;
  await until('it is being written', async () => (await reply()) === 'streaming');
  await until('the model is asked', () => world.model.requests.length > before);
  expect(await first!.stop()).toBe(0);
  expect(await reply()).toBe('queued');
  const { replies: next } = await person.http.messages.send.mutate({ roomId, clientId: randomUUID(), content: '/ask again' });
  await second!.start();
  await until('another writes it', async () => (await reply()) === 'complete');
  const job = await world.database.db.job.findUniqueOrThrow({ where: { id: replyId } });
  // The job was handed back; it did not fail.
  expect([job.attempt, job.tries]).toEqual([2, 0]);
  await until('and what was asked meanwhile', async () => {
    const { status: now } = await world.database.db.message.findUniqueOrThrow({ where: { id: next[0]!.id } });
    return now === 'complete';
  });
  door.open();
});

test('a second signal ends a worker at once; its reply starts again elsewhere', async () => {
  const [first, second] = world.workers;
  await first!.stop();
  await second!.stop();
  await first!.start({ WORKER_STOP_LIMIT_MS: '60000', REPLY_LEASE_MS: '1500' });
  await using person = await register(world.apis[0]!.url, 'impatient');
  const { id: roomId } = await person.http.rooms.create.mutate({ name: 'Twice' });
  const before = world.model.requests.length;
  world.model.script(({ index }) => ({ steps: index === before ? [...words('Begun'), { stall: true }] : words('Whole.') }));
  const { replies } = await person.http.messages.send.mutate({ roomId, clientId: randomUUID(), content: '/ask for long' });
  await until('the model is asked', () => world.model.requests.length > before);
  first!.running.signal('SIGTERM');
  await first!.running.printed(/"msg":"worker stopping"/);
  first!.running.signal('SIGTERM');
  expect(await first!.running.exited).toEqual({ code: 1, signal: null });
  await second!.start();
  await until('another writes it', async () => {
    const row = await world.database.db.message.findUniqueOrThrow({ where: { id: replies[0]!.id } });
    return row.status === 'complete' && row.content === 'Whole.';
  });
});

test('a signal while a process starts ends it soon, and the next start works', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'parley-starting-'));
  try {
    // Stop at many moments of the start: before the process listens to signals, while it makes its database, migrates, seeds or begins to
    // listen.
    for (const afterMs of [50, 400, 800, 1_200, 1_800, 2_500]) {
      const running = startProcess('standalone', { PORT: '0', DATA_DIR: dataDir });
      await delay(afterMs);
      running.signal('SIGTERM');
      const { code, signal } = await running.exited;
      expect([afterMs, signal === 'SIGTERM' ? 0 : code, running.output()]).toEqual([afterMs, 0, expect.not.stringContaining('rror')]);
    }
    const running = startProcess('standalone', { PORT: '0', DATA_DIR: dataDir });
    await running.printed(/Parley is at (http\S+)/);
    running.signal('SIGTERM');
    expect(await running.exited).toEqual({ code: 0, signal: null });
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
  for (const process of [world.apis[0]!, world.workers[0]!]) {
    if (process.up) await process.stop();
    for (const afterMs of [100, 700, 1_300]) {
      const starting = process.start().catch(() => {});
      await delay(afterMs);
      process.running.signal('SIGTERM');
      const { code, signal } = await process.running.exited;
      expect([process.name, afterMs, signal === 'SIGTERM' ? 0 : code]).toEqual([process.name, afterMs, 0]);
      await starting;
    }
    await process.start();
  }
});
