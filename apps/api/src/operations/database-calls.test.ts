import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { DatabaseCalls, type CallSource } from './database-calls.js';
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

test('an account has so many calls at once, the next wait, and what waits in vain is never begun', async () => {
  const { state, calls } = bounded(100);
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const call = (name: string, source: CallSource) =>
    calls.run(() => {
      begun.push(name);
      return new Promise<string>((resolve) => ends.set(name, () => resolve(name)));
    }, source);
  const ofAnn = Array.from({ length: 10 }, (_, i) => call(`ann ${i}`, { userId: 'ann' }));
  const ofBob = call('bob', { userId: 'bob' });
  expect(begun).toEqual([...Array.from({ length: 8 }, (_, i) => `ann ${i}`), 'bob']);
  ends.get('bob')!();
  ends.get('ann 3')!();
  expect([await ofBob, await ofAnn[3]]).toEqual(['bob', 'ann 3']);
  await vi.advanceTimersByTimeAsync(0);
  expect(begun.slice(9)).toEqual(['ann 8']);
  const outcomes = Promise.allSettled(ofAnn);
  state.away = true;
  await vi.advanceTimersByTimeAsync(2_000);
  expect((await outcomes).map(({ status }) => status).filter((status) => status === 'rejected')).toHaveLength(9);
  state.away = false;
  // Those that were given up hold no place.
  void call('ann again', { userId: 'ann' });
  expect(begun.slice(9)).toEqual(['ann 8', 'ann again']);
  calls.close();
});

test('who is not signed in waits for none who is, and takes no turn of theirs', async () => {
  const { calls } = bounded(1_000);
  const begun: CallSource[] = [];
  const call = (source: CallSource) =>
    void calls.run(() => {
      begun.push(source);
      return never();
    }, source);
  for (let i = 0; i < 40; i++) call({ address: '192.0.2.1' });
  expect(begun).toHaveLength(32);
  for (let i = 0; i < 40; i++) call({ userId: `person ${i}` });
  expect(begun).toHaveLength(72);
  call({ address: '192.0.2.2' });
  expect(begun).toHaveLength(73);
  calls.close();
});

test('where too many calls are under way, whoever has none there is let in all the same', async () => {
  const { calls } = bounded(2);
  void calls.run(never, { userId: 'ann' });
  void calls.run(never, { userId: 'ann' });
  await expect(calls.run(never, { userId: 'ann' })).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  expect(await calls.run(async () => 'answered', { userId: 'bob' })).toBe('answered');
  calls.close();
});
