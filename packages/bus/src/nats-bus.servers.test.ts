import { randomUUID } from 'node:crypto';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import type { NatsConnection } from '@nats-io/transport-node';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Bus, ErrorReporter } from './bus.js';
import { asked, told } from '../test/any-channel.js';
import { busContract } from './bus.contract.js';
import { createNatsBus } from './nats-bus.js';
import type { NatsBusOptions } from './nats-bus.js';

const servers = process.env['TEST_NATS_URL'];
if (!servers) throw new Error('TEST_NATS_URL must name a NATS server with JetStream, such as nats://127.0.0.1:4222');

const envs: string[] = [];
let admin: NatsConnection;

beforeAll(async () => {
  admin = await connect({ servers });
});

afterAll(async () => {
  const { streams } = await jetstreamManager(admin);
  for (const env of envs) await streams.delete(`parley_${env}_jobs`).catch(() => false);
  await admin.close();
});

function newEnv(): string {
  const env = `test_${randomUUID().slice(0, 8)}`;
  envs.push(env);
  return env;
}

function connectBus(env: string, onError: ErrorReporter, options: Partial<NatsBusOptions> = {}): Promise<Bus> {
  return createNatsBus({ env, onError, servers: servers!, name: 'bus test', ...options });
}

busContract('createNatsBus', async (options) => {
  const [env, { onError }] = [newEnv(), options];
  const [a, b] = await Promise.all([connectBus(env, onError, options), connectBus(env, onError, options)]);
  return { a, b };
});

describe('createNatsBus', () => {
  let env: string;
  let errors: unknown[];
  let open: Bus[];

  beforeEach(() => {
    env = newEnv();
    errors = [];
    open = [];
  });

  afterEach(async () => {
    await Promise.all(open.map((bus) => bus.close()));
  });

  async function bus(options: Partial<NatsBusOptions> = {}): Promise<Bus> {
    const connected = await connectBus(env, (error) => errors.push(error), options);
    open.push(connected);
    return connected;
  }

  it('keeps deployments apart', async () => {
    const mine = await bus();
    const theirs = await bus({ env: newEnv() });
    const received: unknown[] = [];
    const jobs: string[] = [];
    await mine.subscribe(told('x'), (message) => received.push(message));
    await mine.jobs.consume(async (jobId) => void jobs.push(jobId), { maxInFlight: 1 });
    theirs.publish(told('x'), 'theirs');
    expect(await theirs.request(asked('x'), 'theirs', { timeoutMs: 1000 })).toBeNull();
    await theirs.jobs.enqueue('theirs');
    mine.publish(told('x'), 'mine');
    await mine.jobs.enqueue('mine');
    await vi.waitFor(() => expect(jobs).toEqual(['mine']));
    expect(received).toEqual(['mine']);
  });

  it.each(['', 'a.b', 'a b', '*', '>', 'x'.repeat(33)])('refuses %j as env', async (bad) => {
    await expect(bus({ env: bad })).rejects.toThrow(TypeError);
  });

  it.each(['', 'http://127.0.0.1:4222', 'nats://', 'ws://127.0.0.1:4222'])('refuses %j as servers', async (bad) => {
    await expect(bus({ servers: bad })).rejects.toThrow(TypeError);
  });

  it('holds one subscription at the broker for each subject, and none after the last has gone', async () => {
    const listening = await bus();
    const heard: string[] = [];
    // The three handlers share one subscription at the broker, so the broker delivers the message once.
    const before = admin.stats().outMsgs;
    const handles = await Promise.all([1, 2, 3].map(() => listening.subscribe(told('x'), () => heard.push('x'))));
    const count = async () => (await admin.request(`parley.${env}.x`, '1', { timeout: 100 }).catch((error: Error) => error)) as Error;
    // A question nobody answers times out while somebody listens, and fails at once when nobody does.
    expect((await count()).name).toBe('TimeoutError');
    expect(heard).toHaveLength(3);
    handles[0]!.unsubscribe();
    handles[1]!.unsubscribe();
    expect((await count()).name).toBe('TimeoutError');
    expect(heard).toHaveLength(4);
    handles[2]!.unsubscribe();
    await listening.request(asked('flush'), null, { timeoutMs: 1000 });
    expect((await count()).message).toContain('no responders');
    expect(admin.stats().outMsgs).toBe(before + 3);
  });

  it('reports a message that is not JSON and goes on', async () => {
    const listening = await bus();
    const received: unknown[] = [];
    await listening.subscribe(told('x'), (message) => received.push(message));
    admin.publish(`parley.${env}.x`, '{');
    admin.publish(`parley.${env}.x`, '"good"');
    await vi.waitFor(() => expect(received).toEqual(['good']));
    expect(errors).toEqual([expect.any(SyntaxError)]);
  });

  it('gives the entry of a consumer that died to another after the ack wait', async () => {
    const options = { ackWaitMs: 500 };
    const [doomed, heir, sender] = await Promise.all([bus(options), bus(options), bus(options)]);
    const taken = new Promise<string>((resolve) => {
      void doomed.jobs.consume(
        (jobId) => {
          resolve(jobId);
          return new Promise<void>(() => {});
        },
        { maxInFlight: 1 },
      );
    });
    await sender.jobs.enqueue('left behind');
    expect(await taken).toBe('left behind');
    await doomed.close();
    const inherited: string[] = [];
    await heir.jobs.consume(async (jobId) => void inherited.push(jobId), { maxInFlight: 1 });
    await vi.waitFor(() => expect(inherited).toEqual(['left behind']));
  });

  it('keeps an entry from others for as long as its handler runs', async () => {
    const ackWaitMs = 60_000;
    const [slow, other] = await Promise.all([bus({ ackWaitMs }), bus({ ackWaitMs })]);
    const signs: string[] = [];
    admin.subscribe(`$JS.ACK.parley_${env}_jobs.>`, { callback: (_, message) => void signs.push(message.string()) });
    // Fake only this process's clock, because the broker's goes on by itself. With an ack wait that is short enough to wait for, the
    // broker's ack wait could pass on a busy machine before this process has its turn.
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    onTestFinished(() => void vi.useRealTimers());
    let finish!: () => void;
    const started = new Promise<void>((resolve) => {
      void slow.jobs.consume(
        () => {
          resolve();
          return new Promise<void>((done) => (finish = done));
        },
        { maxInFlight: 1 },
      );
    });
    await other.jobs.enqueue('long');
    await started;
    const taken: string[] = [];
    await other.jobs.consume(async (jobId) => void taken.push(jobId), { maxInFlight: 5 });
    // After each sign that the handler works, the broker waits another ack wait. So the next sign must come well before that is over, again
    // and again.
    for (let sign = 1; sign <= 6; sign++) {
      vi.advanceTimersByTime(ackWaitMs / 2);
      await vi.waitFor(() => expect(signs).toHaveLength(sign));
    }
    expect(new Set(signs)).toEqual(new Set(['+WPI']));
    finish();
    await vi.waitFor(() => expect(signs.at(-1)).toBe('+ACK'));
    vi.advanceTimersByTime(3 * ackWaitMs);
    const { consumers } = await jetstreamManager(admin);
    await vi.waitFor(async () => expect((await consumers.info(`parley_${env}_jobs`, 'workers')).num_ack_pending).toBe(0));
    expect(taken).toEqual([]);
    expect(signs).toHaveLength(7);
  });

  it('goes on with the queue after its stream or its consumer was deleted', async () => {
    const [worker, sender] = await Promise.all([bus(), bus()]);
    const taken: string[] = [];
    await worker.jobs.consume(async (jobId) => void taken.push(jobId), { maxInFlight: 3 });
    const manager = await jetstreamManager(admin);
    await sender.jobs.enqueue('before');
    await vi.waitFor(() => expect(taken).toEqual(['before']));

    await manager.streams.delete(`parley_${env}_jobs`);
    await sender.jobs.enqueue('after stream');
    await vi.waitFor(() => expect(taken).toEqual(['before', 'after stream']));

    // Wait until the broker has the acknowledgement: without it the broker would rightly deliver the entry again.
    await vi.waitFor(async () => expect((await manager.consumers.info(`parley_${env}_jobs`, 'workers')).num_ack_pending).toBe(0));
    await manager.consumers.delete(`parley_${env}_jobs`, 'workers');
    await sender.jobs.enqueue('after consumer');
    await vi.waitFor(() => expect(taken).toEqual(['before', 'after stream', 'after consumer']));
    expect(errors).toEqual([]);
  });

  it('takes over a queue that was made with other settings', async () => {
    const older = await bus({ ackWaitMs: 60_000, maxDeliver: 2 });
    await older.jobs.enqueue('old');
    const manager = await jetstreamManager(admin);
    await manager.streams.update(`parley_${env}_jobs`, { max_msgs: 7 });
    const newer = await bus({ ackWaitMs: 5000, maxDeliver: 3 });
    const taken: string[] = [];
    await newer.jobs.consume(async (jobId) => void taken.push(jobId), { maxInFlight: 1 });
    await vi.waitFor(() => expect(taken).toEqual(['old']));
    expect((await manager.consumers.info(`parley_${env}_jobs`, 'workers')).config.max_deliver).toBe(3);
    expect((await manager.streams.info(`parley_${env}_jobs`)).config.max_msgs).toBe(100_000);
    expect(errors).toEqual([]);
  });
});
