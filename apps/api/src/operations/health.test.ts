import { AppError } from '@parley/contracts';
import { createMemoryBus } from '@parley/bus/memory';
import type { Bus, BusState } from '@parley/bus';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ApiDeps } from '../services.js';
import { partChecks } from './health.js';

let memory: Bus;
beforeEach(() => {
  memory = createMemoryBus({ env: 'test', onError: () => {} });
});
afterEach(() => memory.close());

/** A bus that can be silent, refuse to be listened to, or be gone. */
function world() {
  const trouble = { state: 'connected' as BusState, silent: false, refuses: false };
  let responders = 0;
  const bus: Bus = {
    ...memory,
    maxPayloadBytes: memory.maxPayloadBytes,
    get state() {
      return trouble.state;
    },
    request: (channel, question, options) => (trouble.silent ? Promise.resolve(null) : memory.request(channel, question, options)),
    respond(channel, responder) {
      if (trouble.refuses) return Promise.reject(new AppError('UNAVAILABLE'));
      responders++;
      return memory.respond(channel, responder);
    },
  };
  const check = partChecks({ core: { bus } } as unknown as ApiDeps, 100).bus;
  return { trouble, check, responders: () => responders };
}

describe('the check of the bus', () => {
  test('is that something really travels: a broker that is connected and silent is away', async () => {
    const { trouble, check, responders } = world();
    for (let i = 0; i < 3; i++) await check();
    trouble.silent = true;
    await expect(check()).rejects.toThrow('does not carry');
    trouble.silent = false;
    trouble.state = 'disconnected';
    await expect(check()).rejects.toThrow('not connected');
    trouble.state = 'connected';
    await check();
    expect(responders()).toBe(1);
  });

  test('listens anew where that was refused', async () => {
    const { trouble, check, responders } = world();
    trouble.refuses = true;
    await expect(check()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    trouble.refuses = false;
    await check();
    expect(responders()).toBe(1);
  });
});
