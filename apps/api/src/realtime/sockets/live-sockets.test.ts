import { randomUUID } from 'node:crypto';
import { AppError, channels } from '@parley/contracts';
import { createMemoryBus } from '@parley/bus/memory';
import type { Actor } from '@parley/core/sessions/actor';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { SessionGuard } from '../../auth/session-guard.js';
import { LiveSockets } from './live-sockets.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('a bus that refused to listen for a person is asked again at the next sweep, and then an ended session is heard of at once', async () => {
  const memory = createMemoryBus({ env: 'test', onError: () => {} });
  let refuses = true;
  let asked = 0;
  const errors: string[] = [];
  const live = new LiveSockets({
    bus: {
      ...memory,
      state: 'connected',
      maxPayloadBytes: memory.maxPayloadBytes,
      subscribe(channel, handler) {
        asked++;
        return refuses ? Promise.reject(new AppError('UNAVAILABLE')) : memory.subscribe(channel, handler);
      },
    },
    sessions: { forget: () => {}, ended: async () => [] } as unknown as SessionGuard,
    sweepMs: 5_000,
    maxPerUser: 3,
    onError: (_error, operation) => errors.push(operation),
    onMembership: () => {},
  });
  const actor = { userId: randomUUID(), sessionId: randomUUID(), expiresAt: Date.now() + 3_600_000 } as Actor;
  const closes: number[] = [];
  const gone = live.add({ close: (code) => closes.push(code) }, actor);
  await vi.advanceTimersByTimeAsync(5_100);
  expect([asked, errors.length]).toEqual([2, 2]);
  refuses = false;
  await vi.advanceTimersByTimeAsync(20_000);
  // Once the process listens, it does not subscribe again.
  expect([asked, errors.length]).toEqual([3, 2]);
  memory.publish(channels.user(actor.userId), { type: 'sessionEnded', sessionId: actor.sessionId });
  await vi.advanceTimersByTimeAsync(1);
  expect(closes).toEqual([4500]);
  gone();
  live.close();
  await memory.close();
  expect(vi.getTimerCount()).toBe(0);
});

test('the sockets of somebody who may do more than before come back, and what was known of their sessions is asked anew', async () => {
  const memory = createMemoryBus({ env: 'test', onError: () => {} });
  const forgotten: (string | null)[] = [];
  const live = new LiveSockets({
    bus: memory,
    sessions: { forget: (id: string | null) => forgotten.push(id), ended: async () => [] } as unknown as SessionGuard,
    sweepMs: 5_000,
    maxPerUser: 3,
    onError: () => {},
    onMembership: () => {},
  });
  const actors = [1, 2].map(() => ({ userId: randomUUID(), sessionId: randomUUID(), expiresAt: Date.now() + 3_600_000 }) as Actor);
  const closes: [number, number][] = [];
  const gone = actors.map((actor, index) => live.add({ close: (code) => closes.push([index, code]) }, actor));
  await vi.advanceTimersByTimeAsync(1_000);
  memory.publish(channels.user(actors[1]!.userId), { type: 'role' });
  await vi.advanceTimersByTimeAsync(1);
  expect([closes, forgotten]).toEqual([[[1, 4100]], [actors[1]!.sessionId]]);
  for (const leave of gone) leave();
  live.close();
  await memory.close();
});

test('a session whose end the bus lost is closed at the next sweep, and no other', async () => {
  const memory = createMemoryBus({ env: 'test', onError: () => {} });
  const ended: string[] = [];
  const live = new LiveSockets({
    bus: memory,
    sessions: { forget: () => {}, ended: async (ids: string[]) => ids.filter((id) => ended.includes(id)) } as unknown as SessionGuard,
    sweepMs: 5_000,
    maxPerUser: 3,
    onError: () => {},
    onMembership: () => {},
  });
  const actors = [1, 2].map(() => ({ userId: randomUUID(), sessionId: randomUUID(), expiresAt: Date.now() + 3_600_000 }) as Actor);
  const closes: [number, number][] = [];
  const gone = actors.map((actor, index) => live.add({ close: (code) => closes.push([index, code]) }, actor));
  await vi.advanceTimersByTimeAsync(1_000);
  ended.push(actors[1]!.sessionId);
  await vi.advanceTimersByTimeAsync(3_900);
  expect(closes).toEqual([]);
  await vi.advanceTimersByTimeAsync(200);
  expect(closes).toEqual([[1, 4500]]);
  for (const leave of gone) leave();
  live.close();
  await memory.close();
});

test('a session that ended after it was looked up and before the bus was heard is found out at once, not at the next sweep', async () => {
  const memory = createMemoryBus({ env: 'test', onError: () => {} });
  const ended = randomUUID();
  const asked: string[][] = [];
  const live = new LiveSockets({
    bus: memory,
    sessions: {
      forget: () => {},
      ended: async (ids: string[]) => {
        asked.push(ids);
        return ids.filter((id) => id === ended);
      },
    } as unknown as SessionGuard,
    sweepMs: 60_000,
    maxPerUser: 3,
    onError: () => {},
    onMembership: () => {},
  });
  const expiresAt = Date.now() + 3_600_000;
  const sessions = [ended, randomUUID(), ended];
  const closes: [number, number][] = [];
  const gone = sessions.map((sessionId, index) =>
    live.add({ close: (code) => closes.push([index, code]) }, { userId: randomUUID(), sessionId, expiresAt } as Actor),
  );
  await vi.advanceTimersByTimeAsync(500);
  expect(closes).toEqual([
    [0, 4500],
    [2, 4500],
  ]);
  // A crowd of new sockets costs one query.
  expect(asked).toEqual([[ended, sessions[1]]]);
  for (const leave of gone) leave();
  live.add({ close: () => {} }, { userId: randomUUID(), sessionId: ended, expiresAt } as Actor)();
  await vi.advanceTimersByTimeAsync(500);
  expect(asked).toHaveLength(1);
  live.close();
  await memory.close();
  expect(vi.getTimerCount()).toBe(0);
});

test('once closed it looks no session up, also where the bus is heard only then', async () => {
  const memory = createMemoryBus({ env: 'test', onError: () => {} });
  let hear = () => {};
  const heard = new Promise<void>((resolve) => (hear = resolve));
  let asked = 0;
  const live = new LiveSockets({
    bus: {
      ...memory,
      state: 'connected',
      maxPayloadBytes: memory.maxPayloadBytes,
      subscribe: (channel, handler) => heard.then(() => memory.subscribe(channel, handler)),
    },
    sessions: { forget: () => {}, ended: async () => (asked++, []) } as unknown as SessionGuard,
    sweepMs: 60_000,
    maxPerUser: 3,
    onError: () => {},
    onMembership: () => {},
  });
  const actor = { userId: randomUUID(), sessionId: randomUUID(), expiresAt: Date.now() + 3_600_000 } as Actor;
  // A socket is gone a moment after it is told to close.
  const gone = live.add({ close: () => {} }, actor);
  live.close();
  hear();
  await vi.advanceTimersByTimeAsync(500);
  expect(asked).toBe(0);
  gone();
  await memory.close();
  expect(vi.getTimerCount()).toBe(0);
});

test('a socket is closed when its token ends, to come back with a new one; one of a key, for good', async () => {
  const memory = createMemoryBus({ env: 'test', onError: () => {} });
  const live = new LiveSockets({
    bus: memory,
    sessions: { forget: () => {}, ended: async () => [] } as unknown as SessionGuard,
    sweepMs: 3_600_000,
    maxPerUser: 3,
    onError: () => {},
    onMembership: () => {},
  });
  const byToken = { userId: randomUUID(), sessionId: randomUUID(), expiresAt: Date.now() + 60_000 } as Actor;
  const byKey: Actor = { ...byToken, sessionId: randomUUID(), key: { scopes: [], roomIds: null } };
  const lasting: Actor = { ...byKey, sessionId: randomUUID(), expiresAt: Infinity };
  const closes: [number, number][] = [];
  const gone = [byToken, byKey, lasting].map((actor, index) => live.add({ close: (code) => closes.push([index, code]) }, actor));
  await vi.advanceTimersByTimeAsync(59_000);
  expect(closes).toEqual([]);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(closes).toEqual([
    [0, 4100],
    [1, 4500],
  ]);
  for (const each of gone) each();
  live.close();
  await memory.close();
});
