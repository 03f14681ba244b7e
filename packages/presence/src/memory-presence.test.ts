import { expect, it } from 'vitest';
import { createMemoryPresence, type MemoryPresenceStore } from './memory-presence.js';
import { describePresence } from './presence.contract.js';

describePresence('memory', async () => {
  const store: MemoryPresenceStore = new Map();
  let time = 0;
  return {
    start: (instanceId, bootId, ttlMs) =>
      createMemoryPresence({ instanceId, bootId, store, now: () => time, ...(ttlMs === undefined ? {} : { ttlMs }) }),
    pass: async (ms) => void (time += ms),
    dispose: async () => {},
  };
});

it('keeps nothing of an instance that died, once another one renews', async () => {
  const store: MemoryPresenceStore = new Map();
  let time = 0;
  const died = createMemoryPresence({ instanceId: 'a', bootId: '1', store, now: () => time });
  const alive = createMemoryPresence({ instanceId: 'b', bootId: '2', store, now: () => time });
  await died.enter('room', { userId: 'alice', connectionId: '1' });
  time += 29_999;
  await alive.heartbeat();
  expect(store.size).toBe(1);
  time += 1;
  await alive.heartbeat();
  expect(store.size).toBe(0);
});

it('refuses a time to live that is not a whole number of milliseconds', () => {
  expect(() => createMemoryPresence({ instanceId: 'a', bootId: '1', ttlMs: 0.5 })).toThrow(RangeError);
});
