import type { ServerPart } from '@parley/contracts';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ServerWatch } from './server-watch.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function watching() {
  const health = { answer: async (): Promise<ServerPart[]> => [], asked: 0 };
  const watch = new ServerWatch({
    readAway: () => {
      health.asked++;
      return health.answer();
    },
    everyMs: 1_000,
    random: () => 0.5,
  });
  const seen: string[] = [];
  watch.subscribe(() => seen.push(watch.state.away.join('+')));
  return { watch, health, seen };
}
const settle = (ms = 0) => vi.advanceTimersByTimeAsync(ms);

it('asks nothing of a server that is well, and once where a screen wants to know', async () => {
  const { watch, health, seen } = watching();
  await settle(60_000);
  expect(health.asked).toBe(0);
  for (let i = 0; i < 50; i++) watch.check();
  await settle(0);
  for (let i = 0; i < 50; i++) watch.check();
  await settle(60_000);
  expect(health.asked).toBe(1);
  expect(seen).toEqual([]);
});

it('asks at its own pace while there are doubts, and lets only an answer settle them that cannot be older', async () => {
  const { watch, health, seen } = watching();
  for (let i = 0; i < 50; i++) watch.suspect();
  await settle(2_500);
  expect(health.asked).toBe(3);
  // Only now has the server itself noticed that the part is away.
  health.answer = async () => ['limits'];
  await settle(500);
  expect(seen).toEqual(['limits']);
  health.answer = async () => [];
  await settle(60_000);
  expect(seen).toEqual(['limits', '']);
  expect(health.asked).toBe(5);
});

it('a doubt that comes while it rests from asking is not forgotten', async () => {
  const { watch, health, seen } = watching();
  watch.check();
  await settle(500);
  health.answer = async () => ['limits'];
  watch.suspect();
  await settle(500);
  expect(seen).toEqual(['limits']);
});

it('goes on asking until all is well again', async () => {
  const { watch, health, seen } = watching();
  health.answer = async () => ['database'];
  watch.suspect();
  await settle(3_500);
  expect(health.asked).toBe(4);
  expect(watch.state.away).toEqual(['database']);
  health.answer = async () => [];
  await settle(1_000);
  expect(watch.state.away).toEqual([]);
  expect(seen).toEqual(['database', '']);
  await settle(60_000);
  expect(health.asked).toBe(5);
});

it('believes what the server says by itself, and not an answer that is older', async () => {
  const { watch, health, seen } = watching();
  watch.tell(['bus']);
  watch.tell(['bus']);
  expect(seen).toEqual(['bus']);
  // The server tells when the outage is over, so the client need not ask.
  await settle(60_000);
  expect(health.asked).toBe(0);
  let answer!: (away: ServerPart[]) => void;
  health.answer = () => new Promise((resolve) => (answer = resolve));
  watch.suspect();
  watch.tell([]);
  answer(['bus']);
  await settle(60_000);
  expect(seen).toEqual(['bus', '']);
  expect(health.asked).toBe(1);
});

it('knows nothing of a server that does not answer, and keeps asking', async () => {
  const { watch, health, seen } = watching();
  watch.tell(['database']);
  health.answer = () => Promise.reject(new Error('refused'));
  watch.suspect();
  await settle(500);
  expect(watch.state.away).toEqual(['database']);
  await settle(1_000);
  expect(seen).toEqual(['database', '']);
  health.answer = async () => ['limits'];
  await settle(1_000);
  expect(watch.state.away).toEqual(['limits']);
});

it('stops when it is closed', async () => {
  const { watch, health } = watching();
  health.answer = async () => ['database'];
  watch.suspect();
  await settle(10);
  watch.close();
  await settle(60_000);
  expect(health.asked).toBe(1);
  watch.suspect();
  await settle(10);
  expect(health.asked).toBe(1);
  expect(vi.getTimerCount()).toBe(0);
});
