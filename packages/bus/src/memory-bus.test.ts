import { expect, describe, it } from 'vitest';
import { told } from '../test/any-channel.js';
import { busContract } from './bus.contract.js';
import { createMemoryBus } from './memory-bus.js';

busContract('createMemoryBus', async (options) => {
  const bus = createMemoryBus({ env: 'test', ...options });
  return { a: bus, b: bus };
});

describe('createMemoryBus', () => {
  const noErrors = (error: unknown) => {
    throw error;
  };

  it.each(['', 'a.b', 'a b', '*', '>'])('refuses %j as env', (env) => {
    expect(() => createMemoryBus({ env, onError: noErrors })).toThrow(TypeError);
  });

  it('drops messages rather than hold more than maxWaitingBytes', async () => {
    const bus = createMemoryBus({ env: 'test', onError: noErrors, maxWaitingBytes: 100 });
    const received: unknown[] = [];
    await bus.subscribe(told('x'), (message) => received.push(message));
    // 42 bytes each, with the quotes.
    for (const sign of ['a', 'b', 'c']) bus.publish(told('x'), sign.repeat(40));
    await new Promise(setImmediate);
    expect(received).toEqual(['a'.repeat(40), 'b'.repeat(40)]);
    bus.publish(told('x'), 'after');
    await bus.close();
    expect(received).toHaveLength(3);
  });

  it('gives the rest of the process its turn while handlers publish without end', async () => {
    const bus = createMemoryBus({ env: 'test', onError: noErrors });
    let stop = false;
    let count = 0;
    await bus.subscribe(told('x'), () => {
      count++;
      if (!stop) bus.publish(told('x'), null);
    });
    bus.publish(told('x'), null);
    await new Promise((resolve) => setTimeout(resolve, 0));
    stop = true;
    expect(count).toBeGreaterThan(0);
    await bus.close();
  });

  it('drops wake-ups when too many wait, and tells it once; then takes them again', async () => {
    const errors: unknown[] = [];
    const bus = createMemoryBus({ env: 'test', onError: (error) => errors.push(error), maxWaitingJobs: 2 });
    const enqueue = (...ids: string[]) => Promise.all(ids.map((id) => bus.jobs.enqueue(id)));
    await enqueue('a', 'b', 'c', 'd');
    expect(errors).toHaveLength(1);
    const taken: string[] = [];
    await bus.jobs.consume(async (jobId) => void taken.push(jobId), { maxInFlight: 1 });
    await new Promise(setImmediate);
    expect(taken).toEqual(['a', 'b']);
    await enqueue('e');
    await new Promise(setImmediate);
    expect(taken).toEqual(['a', 'b', 'e']);
    expect(errors).toHaveLength(1);
    await bus.close();
  });

  it('takes turns between consumers', async () => {
    const bus = createMemoryBus({ env: 'test', onError: noErrors });
    const taken: string[] = [];
    for (const name of ['first', 'second'])
      await bus.jobs.consume(async (jobId) => void taken.push(`${name} ${jobId}`), { maxInFlight: 5 });
    await Promise.all(['1', '2', '3', '4'].map((id) => bus.jobs.enqueue(id)));
    await new Promise(setImmediate);
    expect(taken).toEqual(['first 1', 'second 2', 'first 3', 'second 4']);
    await bus.close();
  });
});
