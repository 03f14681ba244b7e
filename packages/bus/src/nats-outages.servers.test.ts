import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { AppError } from '@parley/contracts';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createTestNatsServer } from '../test/nats-server.js';
import type { TestNatsServer } from '../test/nats-server.js';
import { asked, told } from '../test/any-channel.js';
import type { Bus, BusState } from './bus.js';
import { createNatsBus } from './nats-bus.js';
import type { NatsBusOptions } from './nats-bus.js';

/** What the bus promises when the broker goes away, comes back, forgets or hangs. Each test has a broker of its own. */
describe('createNatsBus and a broker that fails', () => {
  let server: TestNatsServer;
  let errors: { message: string; operation: string }[];
  let open: Bus[];

  beforeEach(async () => {
    server = await createTestNatsServer();
    errors = [];
    open = [];
  });

  afterEach(async () => {
    server.thaw();
    await Promise.all(open.map((bus) => bus.close()));
    await server[Symbol.asyncDispose]();
  });

  async function bus(options: Partial<NatsBusOptions> = {}): Promise<Bus> {
    const created = await createNatsBus({
      env: 'test',
      onError: (error, { operation }) => errors.push({ message: (error as Error).message, operation }),
      servers: server.url,
      name: 'outage test',
      connectTimeoutMs: 1000,
      reconnectWaitMs: 20,
      reconnectMaxWaitMs: 100,
      ...options,
    });
    open.push(created);
    return created;
  }

  function stateOf(bus: Bus, state: BusState): Promise<void> {
    if (bus.state === state) return Promise.resolve();
    return new Promise((resolve) => {
      const remove = bus.onStateChange((next) => {
        if (next !== state) return;
        remove();
        resolve();
      });
    });
  }

  async function collect(bus: Bus, subject: string): Promise<unknown[]> {
    const messages: unknown[] = [];
    await bus.subscribe(told(subject), (message) => messages.push(message));
    return messages;
  }

  it('drops while away, and is live again for every subscription when it says connected', async () => {
    await server.start();
    const [a, b] = await Promise.all([bus(), bus()]);
    const changes: BusState[] = [];
    a.onStateChange((state) => changes.push(state));
    const before = await collect(b, 'before');
    await b.respond(asked('question'), () => 'answer');

    await server.kill();
    await Promise.all([stateOf(a, 'disconnected'), stateOf(b, 'disconnected')]);
    a.publish(told('before'), 'dropped');
    expect(await a.request(asked('question'), 1, { timeoutMs: 60_000 })).toBeNull();
    await a.jobs.enqueue('x');
    const during = await collect(b, 'during');
    const ended = await b.subscribe(told('during'), () => expect.unreachable());
    ended.unsubscribe();

    await server.start();
    await Promise.all([stateOf(a, 'connected'), stateOf(b, 'connected')]);
    a.publish(told('before'), 1);
    a.publish(told('during'), 2);
    expect(await a.request(asked('question'), 1, { timeoutMs: 5000 })).toBe('answer');
    expect(before).toEqual([1]);
    expect(during).toEqual([2]);
    expect(changes).toEqual(['disconnected', 'connected']);
  });

  it('tells of a loss once, however long and however many calls fail, and of the next one again', async () => {
    await server.start();
    const a = await bus({ reconnectWaitMs: 1, reconnectMaxWaitMs: 5 });
    await a.jobs.consume(async () => {}, { maxInFlight: 4 });
    for (let loss = 1; loss <= 2; loss++) {
      await server.kill();
      await stateOf(a, 'disconnected');
      for (let i = 0; i < 100; i++) {
        a.publish(told('x'), i);
        await a.jobs.enqueue(`job-${i}`);
      }
      // Long enough for some tens of attempts to connect.
      await new Promise((resolve) => setTimeout(resolve, 200));
      expect(errors.map(({ operation }) => operation)).toEqual(Array.from({ length: loss }, () => 'connect'));
      await server.start();
      await stateOf(a, 'connected');
    }
    expect(errors[0]!.message).toContain('was lost');
  });

  it('starts without a broker and comes alive with it', async () => {
    // `bus` resolves although no broker runs: the broker is started only afterwards.
    const a = await bus({ connectTimeoutMs: 300 });
    expect(a.state).toBe('disconnected');
    a.publish(told('x'), 1);
    const received = await collect(a, 'x');
    const jobs: string[] = [];
    await a.jobs.consume(async (jobId) => void jobs.push(jobId), { maxInFlight: 1 });
    await server.start();
    await stateOf(a, 'connected');
    a.publish(told('x'), 2);
    await a.jobs.enqueue('job');
    await vi.waitFor(() => expect([received, jobs]).toEqual([[2], ['job']]));
    expect(errors.map(({ operation }) => operation)).toEqual(['connect']);
  });

  it('waits between attempts at a broker that hangs up at once', async () => {
    const attemptedAt: number[] = [];
    const rude = createServer((socket) => {
      attemptedAt.push(performance.now());
      socket.destroy();
    });
    rude.listen(0, '127.0.0.1');
    await once(rude, 'listening');
    const { port } = rude.address() as AddressInfo;
    const a = await bus({ servers: `nats://127.0.0.1:${port}`, connectTimeoutMs: 500, reconnectWaitMs: 40, reconnectMaxWaitMs: 40 });
    await vi.waitFor(() => expect(attemptedAt.length).toBeGreaterThan(5));
    // Two attempts are at least half of the 40 ms apart, less the millisecond by which a timer may be early. On a busy machine they are
    // further apart.
    const gaps = attemptedAt.slice(1).map((at, i) => at - attemptedAt[i]!);
    expect(Math.min(...gaps)).toBeGreaterThan(18);
    expect(errors).toHaveLength(1);
    await a.close();
    rude.close();
  });

  it('closes while the broker has never been there', async () => {
    const a = await bus({ connectTimeoutMs: 100 });
    await a.close();
    expect(a.state).toBe('disconnected');
    await server.start();
    a.publish(told('x'), 1);
  });

  it('delivers jobs again after a restart, those that were waiting included', async () => {
    await server.start();
    const a = await bus();
    await a.jobs.enqueue('kept');
    await server.kill();
    await stateOf(a, 'disconnected');
    const taken: string[] = [];
    await a.jobs.consume(async (jobId) => void taken.push(jobId), { maxInFlight: 2 });
    await server.start();
    await vi.waitFor(() => expect(taken).toEqual(['kept']));
    await a.jobs.enqueue('new');
    await vi.waitFor(() => expect(taken).toEqual(['kept', 'new']));
  });

  it('goes on with the queue after JetStream lost its data', async () => {
    await server.start();
    const [worker, sender] = await Promise.all([bus(), bus()]);
    const taken: string[] = [];
    await worker.jobs.consume(async (jobId) => void taken.push(jobId), { maxInFlight: 2 });
    await sender.jobs.enqueue('before');
    await vi.waitFor(() => expect(taken).toEqual(['before']));
    const lost = Promise.all([stateOf(worker, 'disconnected'), stateOf(sender, 'disconnected')]);
    await server.restartEmpty();
    await lost;
    await Promise.all([stateOf(worker, 'connected'), stateOf(sender, 'connected')]);
    await sender.jobs.enqueue('after');
    await vi.waitFor(() => expect(taken).toEqual(['before', 'after']));
  });

  it('acknowledges on the next connection what came by the last one', async () => {
    await server.start();
    // However slowly the broker starts, the queue must not give the entry out again meanwhile.
    const a = await bus({ ackWaitMs: 60_000 });
    const taken: string[] = [];
    let finish!: () => void;
    await a.jobs.consume(
      (jobId) => {
        taken.push(jobId);
        return new Promise<void>((resolve) => (finish = resolve));
      },
      { maxInFlight: 1 },
    );
    await a.jobs.enqueue('across');
    await vi.waitFor(() => expect(taken).toEqual(['across']));
    const lost = stateOf(a, 'disconnected');
    await server.kill();
    await server.start();
    await lost;
    await stateOf(a, 'connected');
    finish();
    await a.jobs.enqueue('next');
    await vi.waitFor(() => expect(taken).toEqual(['across', 'next']));
  });

  it('finds out that the broker hangs, and drops rather than gather what it does not read', async () => {
    await server.start();
    const a = await bus({ connectTimeoutMs: 300, pingIntervalMs: 100, maxUnreadBytes: 8 * 1024 * 1024 });
    const received = await collect(a, 'x');
    const lost = stateOf(a, 'disconnected');
    await server.freeze();
    const chunk = 'x'.repeat(512 * 1024);
    for (let i = 0; i < 40; i++) a.publish(told('large'), chunk);
    await lost;
    a.publish(told('x'), 'dropped');
    server.thaw();
    await stateOf(a, 'connected');
    a.publish(told('x'), 'after');
    await vi.waitFor(() => expect(received).toEqual(['after']));
  });

  it('rejects a subscription that a connected broker does not confirm, and leaves nothing behind', async () => {
    await server.start();
    const a = await bus({ connectTimeoutMs: 300, pingIntervalMs: 60_000 });
    await server.freeze();
    const received: unknown[] = [];
    await expect(a.subscribe(told('x'), (message) => received.push(message))).rejects.toSatisfy((error) =>
      AppError.is(error, 'UNAVAILABLE'),
    );
    expect(a.state).toBe('connected');
    server.thaw();
    const other = await collect(a, 'x');
    a.publish(told('x'), 1);
    await vi.waitFor(() => expect(other).toEqual([1]));
    expect(received).toEqual([]);
  });

  it('bounds enqueue by its time limit while the broker hangs', async () => {
    await server.start();
    const a = await bus({ pingIntervalMs: 60_000, enqueueTimeoutMs: 200 });
    await a.jobs.enqueue('first');
    await server.freeze();
    await Promise.all(Array.from({ length: 1100 }, () => a.jobs.enqueue('x')));
    expect(errors.map(({ operation }) => operation)).toEqual(['enqueue']);
    server.thaw();
    // The broker first reads what it was sent while it was frozen. On a busy machine that may take longer than one call may.
    const taken = new Set<string>();
    await a.jobs.consume(async (jobId) => void taken.add(jobId), { maxInFlight: 1000 });
    await vi.waitFor(async () => {
      await a.jobs.enqueue('last');
      expect(taken).toContain('last');
    });
  });

  it('ends a close within its limit while the broker hangs', async () => {
    await server.start();
    const a = await bus({ pingIntervalMs: 60_000 });
    await server.freeze();
    a.publish(told('x'), 1);
    await a.close();
    expect(a.state).toBe('disconnected');
    expect(errors).toEqual([{ message: expect.stringContaining('did not answer within 2000 ms'), operation: 'close' }]);
  });

  it('rejects a subscription that the broker refuses', async () => {
    await using guarded = await createTestNatsServer(['-c', new URL('../test/permissions.conf', import.meta.url).pathname]);
    await guarded.start();
    const a = await bus({ servers: guarded.url.replace('nats://', 'nats://parley:secret@') });
    expect(a.state).toBe('connected');
    await expect(a.subscribe(told('denied'), () => {})).rejects.toSatisfy((error) => AppError.is(error, 'UNAVAILABLE'));
    const received = await collect(a, 'allowed');
    a.publish(told('allowed'), 1);
    await vi.waitFor(() => expect(received).toEqual([1]));
    expect(errors).toHaveLength(1);
    await a.close();
  });

  it('says once that the broker refuses its password, without telling it', async () => {
    await using guarded = await createTestNatsServer(['-c', new URL('../test/permissions.conf', import.meta.url).pathname]);
    await guarded.start();
    const a = await bus({ servers: guarded.url.replace('nats://', 'nats://parley:wrong-secret@'), connectTimeoutMs: 300 });
    expect(a.state).toBe('disconnected');
    expect(errors).toHaveLength(1);
    expect(JSON.stringify(errors)).not.toContain('wrong-secret');
    await a.close();
  });

  it('works without JetStream, except for jobs, which say so once', async () => {
    await using plain = await createTestNatsServer(['-c', new URL('../test/no-jetstream.conf', import.meta.url).pathname]);
    await plain.start();
    const a = await bus({ servers: plain.url.replace('nats://', 'nats://plain:plain@') });
    await a.jobs.consume(async () => {}, { maxInFlight: 1 });
    await a.jobs.enqueue('x');
    await a.jobs.enqueue('y');
    const received = await collect(a, 'x');
    a.publish(told('x'), 1);
    await vi.waitFor(() => expect(received).toEqual([1]));
    expect(errors.map(({ operation }) => operation).toSorted()).toEqual(['consume', 'enqueue']);
    await a.close();
  });
});
