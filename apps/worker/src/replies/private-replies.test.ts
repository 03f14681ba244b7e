import { randomUUID } from 'node:crypto';
import { channels, type PrivateReply, type RoomThoughtPayload } from '@parley/contracts';
import { postMessage } from '@parley/core/messages/post-message';
import { privateReplyJobs } from '@parley/core/replies/private-reply-sink';
import { stopReply } from '@parley/core/replies/stop-private-reply';
import { listPrivateReplies } from '@parley/core/sync/list-private-replies';
import { loadHeads } from '@parley/core/sync/load-heads';
import { tokensADay, type TestUser } from '@parley/core/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ModelError } from '../models/model-errors.js';
import { createModels } from '../models/providers.js';
import { runPrivateReply } from './reply-runner.js';
import type { RunnerDeps } from './runner-deps.js';
import { JobWorker } from './job-worker.js';
import { createWorkerWorld, failing, finish, gate, never, saying, sayingFor, type WorkerWorld } from './worker.fixture.js';

/** A private summary, from the call to its end, on the real domain. */
describe('private replies', () => {
  let world: WorkerWorld;
  let roomId: string;
  /** Each test has an asker of its own: one person's private replies wait for each other. */
  let me: TestUser;
  const workers: JobWorker[] = [];
  const nothing = new AbortController().signal;

  beforeAll(async () => {
    world = await createWorkerWorld();
  });
  afterAll(() => world?.[Symbol.asyncDispose]());
  beforeEach(async () => {
    roomId = await world.newRoom();
    me = await world.world.registerMember(`asker-${randomUUID().slice(0, 8)}`, roomId);
    world.logged.length = 0;
    world.model.script = saying('An answer.');
  });
  afterEach(() => Promise.all(workers.splice(0).map((worker) => worker.stop(0))));

  async function start(runner: RunnerDeps = world.runner(), sweepMs = 3_600_000): Promise<JobWorker> {
    const worker = new JobWorker(runner, { concurrency: 10, sweepMs });
    workers.push(worker);
    await worker.start();
    return worker;
  }

  async function ask(content = '/summary private', who: TestUser = me): Promise<PrivateReply> {
    const posted = await world.world.access.run(who.actor, roomId, 'messages.send', (room) =>
      postMessage(world.deps, room, { clientId: randomUUID(), content }),
    );
    if (!posted.privateReply) throw new Error('it was posted');
    return posted.privateReply;
  }

  async function claim(id: string, leaseMs = 60_000) {
    const claimed = await privateReplyJobs.claim(world.deps, id, { id: 'a worker of the test', leaseMs });
    if (!claimed) throw new Error('nothing to claim');
    return claimed;
  }

  /** What a person's connections are told of private replies. */
  async function listen(who: TestUser = me) {
    const told: PrivateReply[] = [];
    const checks = new Set<() => void>();
    await world.bus.subscribe(channels.user(who.user.id), (message) => {
      if (message.type === 'inbox' && message.event.type === 'privateReply') told.push(message.event.reply);
      for (const check of checks) check();
    });
    const until = (id: string, matches: (reply: PrivateReply) => boolean): Promise<PrivateReply> =>
      new Promise((resolve) => {
        const check = (): void => {
          const found = told.find((reply) => reply.id === id && matches(reply));
          if (!found) return;
          checks.delete(check);
          resolve(found);
        };
        checks.add(check);
        check();
      });
    return { told, until, ended: (id: string) => until(id, ({ status }) => status !== 'streaming') };
  }

  const head = async () => (await loadHeads(world.deps, [roomId])).get(roomId);
  const kept = () => listPrivateReplies(world.deps, me.actor);

  it('grows before its asker and ends, while the room and its members hear nothing', async () => {
    const rest = gate();
    world.model.script = async function* () {
      yield 'Tea';
      await rest.opened;
      yield ' at four.';
      yield finish;
    };
    await world.say(roomId, 'Tea is at four.');
    const ben = await world.world.registerMember('ben', roomId);
    const [asker, other, room] = [await listen(), await listen(ben), await world.read(roomId)];
    const before = await head();
    await start();
    const { id } = await ask();
    expect(await asker.until(id, ({ content }) => content !== '')).toMatchObject({ status: 'streaming', content: 'Tea' });
    rest.open();
    const end = await asker.ended(id);
    expect(end).toMatchObject({ id, roomId, status: 'complete', content: 'Tea at four.' });
    expect((await kept()).find((reply) => reply.id === id)).toEqual(end);
    const mine = asker.told.filter((reply) => reply.id === id).map(({ content }) => content);
    expect(mine).toEqual(mine.toSorted((a, b) => a.length - b.length));
    // The bus keeps order: once this message has arrived, everything before it has arrived too.
    const { message } = await world.say(roomId, 'Later.');
    await room.message(message.id, () => true);
    expect(room.deltas).toEqual([]);
    expect(other.told).toEqual([]);
    expect(await head()).toEqual({ seq: before!.seq + 1, rev: before!.rev + 1 });
    const prompt = JSON.stringify(world.model.calls.at(-1)!.prompt);
    expect(prompt).toContain('Tea is at four.');
    expect(prompt).toContain(`Only @${me.user.username} reads`);
    expect(prompt).not.toContain('Everyone in the room reads');
  });

  it('tells what the model thinks to its asker alone, and keeps none of it', async () => {
    const told: RoomThoughtPayload[] = [];
    const thought = gate();
    const subscription = await world.bus.subscribe(channels.roomThoughts(roomId), (piece) => {
      told.push(piece);
      thought.open();
    });
    world.model.script = async function* () {
      yield { type: 'reasoning-start', id: 'r' };
      yield { type: 'reasoning-delta', id: 'r', delta: 'SECRET' };
      yield { type: 'reasoning-end', id: 'r' };
      await thought.opened;
      yield 'Tea.';
      yield finish;
    };
    const asker = await listen();
    await start();
    const { id } = await ask();
    expect(await asker.ended(id)).toMatchObject({ status: 'complete', content: 'Tea.' });
    expect(told).toEqual([{ messageId: id, attempt: 1, offset: 0, text: 'SECRET', to: me.user.id }]);
    expect(JSON.stringify([asker.told, await kept()])).not.toContain('SECRET');
    subscription.unsubscribe();
  });

  it('is found by the sweep where nobody was woken, and takes turns with what rooms ask for', async () => {
    const asker = await listen();
    const bus = { ...world.bus, jobs: { enqueue: () => Promise.resolve(), consume: () => Promise.reject(new Error('away')) } };
    const asked = world.deps.bus;
    world.deps.bus = { ...bus, publish: (channel, payload) => asked.publish(channel, payload) } as typeof asked;
    const { id } = await ask().finally(() => (world.deps.bus = asked));
    await start(world.runner(), 5);
    expect(await asker.ended(id)).toMatchObject({ status: 'complete', content: 'An answer.' });
  });

  it('is written from this room only, by the built-in model too', async () => {
    const other = await world.newRoom();
    await world.say(other, 'The secret of the other room.');
    await world.say(roomId, 'We decided to meet at four by the harbour.');
    const asker = await listen();
    const models = createModels({});
    await start(world.runner({ deps: { models } }));
    const { id } = await ask('/summary today private');
    const end = await asker.ended(id);
    expect(end).toMatchObject({ status: 'complete' });
    expect(end.content).toContain('harbour');
    expect(end.content).not.toContain('secret');
  });

  it('stops with the text so far', async () => {
    world.model.script = async function* () {
      yield 'So far';
      await never;
    };
    const asker = await listen();
    await start();
    const { id } = await ask();
    await asker.until(id, ({ content }) => content === 'So far');
    await stopReply({ ...world.deps, rooms: world.world.access }, me.actor, { messageId: id });
    expect(await asker.ended(id)).toMatchObject({ status: 'stopped', content: 'So far' });
    expect(world.model.open).toBe(0);
  });

  it('of a worker that died is written by another, as the next attempt', async () => {
    const asker = await listen();
    const { id } = await ask();
    const dead = await claim(id, -1);
    await start(world.runner(), 5);
    expect(await asker.ended(id)).toMatchObject({ status: 'complete', content: 'An answer.' });
    const told = asker.told.length;
    world.model.script = saying('A zombie.');
    expect(await runPrivateReply(world.runner(), dead, nothing)).toBe('fenced');
    expect((await kept()).find((reply) => reply.id === id)?.content).toBe('An answer.');
    // The events that still come are text of a reply that has ended, which no client takes.
    expect(asker.told.slice(told).every(({ status }) => status === 'streaming')).toBe(true);
  });

  it('is handed to another worker when its process stops', async () => {
    world.model.script = async function* () {
      await never;
      yield 'never';
    };
    const { id } = await ask();
    const handBack = new AbortController();
    const running = runPrivateReply(world.runner(), await claim(id), handBack.signal);
    handBack.abort();
    expect(await running).toBe('handed_back');
    expect(await privateReplyJobs.claim(world.deps, id, { id: 'next', leaseMs: 60_000 })).toMatchObject({ attempt: 2, tries: 0 });
  });

  it('that fails says why, in plain words, after as many tries as any reply', async () => {
    world.model.script = failing(new ModelError('MODEL_UNAVAILABLE', 'Down.', { retryable: true }));
    const asker = await listen();
    const first = world.model.calls.length;
    await start(world.runner({ maxTries: 2 }), 5);
    const { id } = await ask();
    expect(await asker.ended(id)).toMatchObject({
      status: 'failed',
      content: '',
      error: { code: 'MODEL_UNAVAILABLE', message: 'Down. Tried 2 times.' },
    });
    expect(world.model.calls.length - first).toBe(2);
  });

  it.each(['\u200b', '#', '[//]: # (Tea is at four.)'])(
    'of which nothing would be seen (%j) is a failure that says so',
    async (content) => {
      world.model.script = saying(content);
      const asker = await listen();
      await start(world.runner({ maxTries: 1 }));
      const { id } = await ask();
      const end = await asker.ended(id);
      expect(end).toMatchObject({ status: 'failed', error: { message: expect.stringContaining('empty') as string } });
    },
  );

  it('costs its asker tokens, and is refused when those of the day are used up', async () => {
    const asker = await listen();
    world.model.script = sayingFor(9_990, 'Paid for.');
    await start(world.runner({ settings: { budgets: tokensADay(10_000) } }));
    const first = await ask();
    expect(await asker.ended(first.id)).toMatchObject({ status: 'complete' });
    const calls = world.model.calls.length;
    const second = await ask();
    expect(await asker.ended(second.id)).toMatchObject({ status: 'failed', error: { code: 'AI_BUDGET_EXCEEDED' } });
    expect(world.model.calls.length).toBe(calls);
  });

  it('that grows without end is cut at its bound', async () => {
    world.model.script = async function* () {
      for (;;) yield 'y'.repeat(8 * 1024);
    };
    const { id } = await ask();
    expect(await runPrivateReply(world.runner(), await claim(id), nothing)).toBe('failed');
    const end = (await kept()).find((reply) => reply.id === id)!;
    expect(end).toMatchObject({ status: 'failed', error: { code: 'REPLY_TOO_LARGE', message: 'The answer grew too long and was cut.' } });
    expect(end.content).toBe('y'.repeat(64 * 1024));
  });
});
