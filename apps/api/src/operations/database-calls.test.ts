import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { DatabaseCalls } from './database-calls.js';
import { PartsWatch } from './parts-watch.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function bounded(maxCalls = 10) {
  const state = { away: false };
  const calls = new DatabaseCalls({ isAway: () => state.away, patienceMs: 1_500, maxCalls });
  return { state, calls };
}
const never = () => new Promise<string>(() => {});

test('while the database is away no call waits longer than it may; what is quick enough gets its answer', async () => {
  const { state, calls } = bounded();
  const slow = calls.run(never);
  const outcome = slow.catch((error: unknown) => error);
  await vi.advanceTimersByTimeAsync(10_000);
  // A statement may take its time as long as the database is there.
  expect(calls.count).toBe(1);
  state.away = true;
  await vi.advanceTimersByTimeAsync(200);
  expect(await outcome).toMatchObject({ code: 'UNAVAILABLE' });
  const quick = calls.run(() => new Promise((resolve) => setTimeout(() => resolve('there after all'), 1_000)));
  const late = calls.run(never).catch((error: unknown) => error);
  await vi.advanceTimersByTimeAsync(1_700);
  expect(await quick).toBe('there after all');
  expect(await late).toMatchObject({ code: 'UNAVAILABLE' });
  expect(calls.count).toBe(0);
  calls.close();
  expect(vi.getTimerCount()).toBe(0);
});

test('one call more than may be under way is refused at once, and one less is not', async () => {
  const { calls } = bounded(2);
  void calls.run(never);
  let end!: (value: string) => void;
  const second = calls.run(() => new Promise<string>((resolve) => (end = resolve)));
  await expect(calls.run(never)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  end('done');
  expect(await second).toBe('done');
  expect(await calls.run(async () => 'next')).toBe('next');
  calls.close();
});

test('a call that fails is counted no longer', async () => {
  const { calls } = bounded();
  await expect(calls.run(() => Promise.reject(new Error('its own')))).rejects.toThrow('its own');
  expect(calls.count).toBe(0);
  calls.close();
});

test('a database that answers others loses no call, however long the call waits; one that is silent to all does', async () => {
  let answerAt = performance.now();
  const elsewhere = setInterval(() => (answerAt = performance.now()), 500);
  const unanswered = () => new Promise<void>(() => {});
  const answers = () => Promise.resolve();
  const parts = new PartsWatch({
    checks: { database: unanswered, bus: answers, presence: answers, limits: answers },
    lastAnswerAt: { database: () => answerAt },
    everyMs: 1_000,
    limitMs: { database: 1_000, bus: 1_000, presence: 1_000, limits: 1_000 },
    onChange: () => {},
  });
  const calls = new DatabaseCalls({ isAway: () => parts.isAway('database'), patienceMs: 300, maxCalls: 10 });
  const waiting = calls.run(never).catch((error: unknown) => error);
  await vi.advanceTimersByTimeAsync(20_000);
  expect(calls.count).toBe(1);
  clearInterval(elsewhere);
  await vi.advanceTimersByTimeAsync(1_700);
  expect(await waiting).toMatchObject({ code: 'UNAVAILABLE' });
  parts.close();
  calls.close();
  expect(vi.getTimerCount()).toBe(0);
});
