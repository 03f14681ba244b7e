import type { Bus } from '@parley/bus';
import { AppError } from '@parley/contracts';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { placeCharacter } from '@parley/core/testing';
import type { Prisma } from '@parley/db';
import { ModelError } from '../models/model-errors.js';
import type { RunnerDeps } from './runner-deps.js';
import { JobWorker, type JobWorkerOptions } from './job-worker.js';
import { createWorkerWorld, finish, gate, never, saying, type WorkerWorld } from './worker.fixture.js';

describe('JobWorker', () => {
  let world: WorkerWorld;
  let roomId: string;
  const workers: JobWorker[] = [];

  beforeAll(async () => {
    world = await createWorkerWorld();
  });
  afterAll(() => world?.[Symbol.asyncDispose]());
  beforeEach(async () => {
    roomId = await world.newRoom();
    world.logged.length = 0;
    world.model.script = saying('An answer.');
  });
  afterEach(() => Promise.all(workers.splice(0).map((worker) => worker.stop(0))));

  async function start(options: Partial<JobWorkerOptions> = {}, runner: RunnerDeps = world.runner()): Promise<JobWorker> {
    const worker = new JobWorker(runner, { concurrency: 10, sweepMs: 3_600_000, ...options });
    workers.push(worker);
    await worker.start();
    return worker;
  }

  /** The bus without its queue, as when JetStream is away or was wiped. */
  function withoutQueue(): Bus {
    return {
      ...world.bus,
      publish: (channel, payload) => world.bus.publish(channel, payload),
      get state() {
        return world.bus.state;
      },
      jobs: { enqueue: () => Promise.resolve(), consume: () => Promise.reject(new AppError('UNAVAILABLE')) },
    };
  }

  /** The database of one worker. `onClaim` gets each claim of a room's reply: it runs the claim or fails it, and answers when it likes. */
  function claimsThrough(onClaim: (claim: () => Promise<unknown>) => Promise<unknown>): { db: RunnerDeps['db']; closed: boolean } {
    const state = { closed: false };
    const db = new Proxy(world.deps.db, {
      get(target, name, receiver) {
        const value: unknown = Reflect.get(target, name, receiver);
        if (name !== '$queryRaw') return value;
        return (statement: Prisma.Sql) => {
          if (state.closed) return Promise.reject(new Error('Cannot use a pool after calling end on the pool'));
          const claims = statement.sql.includes("update jobs j set state = 'streaming'") && statement.values.includes('reply');
          return claims ? onClaim(() => target.$queryRaw(statement)) : target.$queryRaw(statement);
        };
      },
    });
    return Object.assign(state, { db });
  }

  async function job(messageId: string) {
    const { state, attempt, tries } = await world.deps.db.job.findUniqueOrThrow({ where: { id: messageId } });
    return { state, attempt, tries };
  }

  it('writes a reply it is woken for', async () => {
    await start();
    const reader = await world.read(roomId);
    const reply = await world.ask(roomId);
    expect((await reader.message(reply.id, ({ status }) => status === 'complete')).content).toBe('An answer.');
  });

  it('finds replies nobody was woken for', async () => {
    const reader = await world.read(roomId);
    const reply = await world.ask(roomId);
    const runner = world.runner({ deps: { bus: withoutQueue() } });
    await start({ sweepMs: 5 }, runner);
    await reader.message(reply.id, ({ status }) => status === 'complete');
    // The queue stays away at every sweep, but the log says so once.
    expect(world.logged.filter((message) => message.startsWith('cannot listen to the queue'))).toHaveLength(1);
  });

  it('writes what a sweep has claimed, also where its next claim fails', async () => {
    const reader = await world.read(roomId);
    const replies = [await world.ask(roomId), await world.ask(roomId), await world.ask(roomId)];
    let claims = 0;
    const { db } = claimsThrough((claim) =>
      ++claims === 2 ? Promise.reject(Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })) : claim(),
    );
    await start({ sweepMs: 5 }, world.runner({ deps: { db, bus: withoutQueue() } }));
    for (const { id } of replies) {
      await reader.message(id, ({ status }) => status === 'complete');
      expect(await job(id)).toEqual({ state: 'done', attempt: 1, tries: 0 });
    }
  });

  it('tries a failed reply again after its delay', async () => {
    const first = world.model.calls.length;
    world.model.script = async function* (_, call) {
      if (call === first) throw new ModelError('MODEL_UNAVAILABLE', 'Down.', { retryable: true });
      yield 'Better now.';
      yield finish;
    };
    await start();
    const reader = await world.read(roomId);
    const reply = await world.ask(roomId);
    expect(await reader.message(reply.id, ({ status }) => status === 'complete')).toMatchObject({ content: 'Better now.', attempt: 2 });
  });

  it('writes no more at once than it may, and takes the rest when there is room', async () => {
    let running = 0;
    let most = 0;
    const doors = [gate(), gate(), gate(), gate(), gate()];
    const started = doors.map(() => gate());
    const first = world.model.calls.length;
    world.model.script = async function* (_, call) {
      most = Math.max(most, ++running);
      started[call - first]!.open();
      await doors[call - first]!.opened;
      yield 'done';
      running--;
      yield finish;
    };
    const worker = await start({ concurrency: 2 });
    const reader = await world.read(roomId);
    const replies = [];
    for (let i = 0; i < 5; i++) replies.push(await world.ask(roomId));
    for (const [index, door] of doors.entries()) {
      await started[index]!.opened;
      // As many as may run do run, before the first of them ends.
      await started[index + 1]?.opened;
      expect(worker.inFlight).toBeLessThanOrEqual(2);
      door.open();
    }
    for (const { id } of replies) await reader.message(id, ({ status }) => status === 'complete');
    expect(most).toBe(2);
  });

  it('shares the work with another worker: each reply is written once', async () => {
    const first = world.model.calls.length;
    await start({ sweepMs: 2 });
    await start({ sweepMs: 2 });
    const reader = await world.read(roomId);
    const replies = await Promise.all(Array.from({ length: 12 }, () => world.ask(roomId)));
    for (const { id } of replies) expect(await reader.message(id, ({ status }) => status === 'complete')).toMatchObject({ attempt: 1 });
    expect(world.model.calls.length - first).toBe(12);
  });

  it('writes so many of a room at once, and the next when one ends, though nobody is woken again', async () => {
    const doors = [gate(), gate(), gate()];
    const begun = doors.map(() => gate());
    const first = world.model.calls.length;
    world.model.script = async function* (_, call) {
      begun[call - first]!.open();
      await doors[call - first]!.opened;
      yield 'done';
      yield finish;
    };
    const runner = world.runner();
    const worker = await start({}, { ...runner, claimant: { ...runner.claimant, maxPerRoom: 2, maxPerPerson: 3 } });
    const reader = await world.read(roomId);
    const replies = [await world.ask(roomId), await world.ask(roomId), await world.ask(roomId)];
    await Promise.all([begun[0]!.opened, begun[1]!.opened]);
    expect(worker.inFlight).toBe(2);
    expect((await world.stored(replies[2]!.id)).status).toBe('queued');
    doors[1]!.open();
    await begun[2]!.opened;
    for (const door of doors) door.open();
    for (const { id } of replies) await reader.message(id, ({ status }) => status === 'complete');
  });

  it('lets a character that is mentioned in a reply answer it, as what it is: a character’s words, not a person’s', async () => {
    await placeCharacter(world.deps, roomId, { handle: 'robin', name: 'Robin' });
    world.model.script = async function* ({ prompt }) {
      yield JSON.stringify(prompt).includes('You are @robin') ? 'Beep, @ada.' : 'You might ask @robin.';
      yield finish;
    };
    const first = world.model.calls.length;
    await start();
    const reader = await world.read(roomId);
    const reply = await world.ask(roomId, '@ada who knows?');
    const answer = await reader.message(reply.id, ({ status }) => status === 'complete');
    const { id } = await reader.anyMessage((message) => message.replyTo === answer.id && message.status === 'complete');
    // Robin calls Ada back, but Ada does not call Robin again: that would be deeper than two.
    const last = await reader.anyMessage((message) => message.replyTo === id && message.status === 'complete');
    expect(last).toMatchObject({ author: { handle: 'ada' }, content: 'You might ask @robin.' });
    const calls = world.model.calls.slice(first);
    expect(calls).toHaveLength(3);
    const [, robin] = calls.map(({ prompt }) => JSON.stringify(prompt));
    expect(robin).toMatch(/<message-\w+ from=\\"Ada\\" handle=\\"@ada\\" kind=\\"character\\"/);
    expect(robin).toMatch(/<task-(\w+)>Answer the last message of @ada\.<\/task-\1>/);
    expect(robin!.match(/You might ask @robin/g)).toHaveLength(1);
    const { count } = await world.deps.db.job.aggregate({ where: { roomId }, _count: true }).then(({ _count }) => ({ count: _count }));
    expect(count).toBe(3);
  });

  describe('stop', () => {
    it('lets a running reply end, and claims no more', async () => {
      const door = gate();
      world.model.script = async function* () {
        yield 'begun';
        await door.opened;
        yield ', ended';
        yield finish;
      };
      const worker = await start();
      const reader = await world.read(roomId);
      const reply = await world.ask(roomId);
      await reader.showing(reply.id, (text) => text === 'begun');
      const stopped = worker.stop(60_000);
      const later = await world.ask(roomId);
      door.open();
      await stopped;
      expect(await world.stored(reply.id)).toMatchObject({ status: 'complete', content: 'begun, ended' });
      expect(worker.inFlight).toBe(0);
      expect((await world.stored(later.id)).status).toBe('queued');
      world.model.script = saying('another worker');
      await start();
      await reader.message(later.id, ({ status }) => status === 'complete');
    });

    /** Runs claims, and holds their answers until `open`. */
    function heldClaim() {
      const [made, answered] = [gate(), gate()];
      const through = claimsThrough(async (claim) => {
        const rows = (await claim()) as object[];
        if (rows.length === 0) return rows;
        made.open();
        await answered.opened;
        return rows;
      });
      return { through, made: made.opened, open: answered.open };
    }

    /** Waits long enough for all work that waits for nothing. */
    async function someTurns(): Promise<void> {
      for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setTimeout(resolve, 1));
    }

    it('waits for a claim that is under way, and hands back what it brings: no try is counted', async () => {
      world.model.script = async function* () {
        yield 'begun';
        await never;
      };
      const { through, made, open } = heldClaim();
      const worker = await start({}, world.runner({ deps: { db: through.db } }));
      const reader = await world.read(roomId);
      const reply = await world.ask(roomId);
      await made;
      // Close the connections once the worker has stopped, as the process does.
      const stopped = worker.stop(1).then(() => (through.closed = true));
      await someTurns();
      open();
      await stopped;
      expect(await job(reply.id)).toEqual({ state: 'queued', attempt: 1, tries: 0 });
      world.model.script = saying('another worker');
      await start();
      await reader.message(reply.id, ({ status }) => status === 'complete');
    });

    it('ends a sweep after the claim that is under way', async () => {
      const replies = [await world.ask(roomId), await world.ask(roomId), await world.ask(roomId)];
      const { through, made, open } = heldClaim();
      const worker = await start({}, world.runner({ deps: { db: through.db, bus: withoutQueue() } }));
      await made;
      const stopped = worker.stop(60_000);
      open();
      await stopped;
      const states = await Promise.all(replies.map(async ({ id }) => (await job(id)).state));
      expect(states.toSorted()).toEqual(['done', 'queued', 'queued']);
    });

    it('hands back what takes too long, and another worker goes on', async () => {
      world.model.script = async function* () {
        yield 'begun';
        await never;
      };
      const worker = await start();
      const reader = await world.read(roomId);
      const reply = await world.ask(roomId);
      await reader.showing(reply.id, (text) => text === 'begun');
      await worker.stop(1);
      expect(worker.inFlight).toBe(0);
      expect(world.model.open).toBe(0);
      world.model.script = saying('from the other worker');
      await start({ sweepMs: 5 });
      expect(await reader.message(reply.id, ({ status }) => status === 'complete')).toMatchObject({
        attempt: 2,
        content: 'from the other worker',
      });
    });
  });
});
