import type { ServerPart } from '@parley/contracts';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { PartsWatch } from './parts-watch.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const settle = (ms: number) => vi.advanceTimersByTimeAsync(ms);

/** A watch over parts whose answers the test gives. */
function watched() {
  const answers: Partial<Record<ServerPart, () => Promise<void>>> = {};
  const asked: ServerPart[] = [];
  const changes: string[] = [];
  const check = (part: ServerPart) => () => {
    asked.push(part);
    return answers[part]?.() ?? Promise.resolve();
  };
  const watch = new PartsWatch({
    checks: { database: check('database'), bus: check('bus'), presence: check('presence'), limits: check('limits') },
    everyMs: 1_000,
    limitMs: 1_000,
    onChange: (part, state) => changes.push(`${part} ${state}`),
  });
  const count = (part: ServerPart) => asked.filter((each) => each === part).length;
  return { watch, answers, changes, count };
}

describe('PartsWatch', () => {
  test('a part that refuses is away at the next question, and back at the first answer; each is told once', async () => {
    const { watch, answers, changes } = watched();
    await settle(10);
    expect(watch.away).toEqual([]);
    answers.limits = () => Promise.reject(new Error('refused'));
    answers.bus = () => Promise.reject(new Error('refused'));
    const told: (readonly ServerPart[])[] = [];
    watch.subscribe(() => told.push(watch.away));
    await settle(5_000);
    expect(watch.away).toEqual(['bus', 'limits']);
    expect(watch.isAway('bus')).toBe(true);
    answers.bus = () => Promise.resolve();
    await settle(1_000);
    expect(watch.away).toEqual(['limits']);
    expect(changes).toEqual(['bus away', 'limits away', 'bus ok']);
    expect(told).toEqual([['bus'], ['bus', 'limits'], ['limits']]);
    watch.close();
    expect(vi.getTimerCount()).toBe(0);
  });

  test('a part that is silent is away after the limit, is asked three times at most, and is back with its first answer', async () => {
    const { watch, answers, count } = watched();
    await settle(10);
    const open: (() => void)[] = [];
    answers.database = () => new Promise((resolve) => open.push(resolve));
    await settle(2_500);
    expect(watch.away).toEqual(['database']);
    await settle(20_000);
    expect(count('database')).toBe(1 + 3);
    open[0]!();
    await settle(1);
    expect(watch.away).toEqual([]);
    watch.close();
  });

  test('a question that fails late does not undo the answer to a later one', async () => {
    const { watch, answers, changes } = watched();
    await settle(10);
    let refuse!: (error: Error) => void;
    answers.database = () => new Promise((_, reject) => (refuse = reject));
    await settle(1_000);
    const refuseFirst = refuse;
    await settle(1_500);
    answers.database = () => Promise.resolve();
    await settle(1_000);
    expect(changes).toEqual(['database away', 'database ok']);
    refuseFirst(new Error('at last'));
    refuse(new Error('this too'));
    await settle(10);
    expect(watch.away).toEqual([]);
    watch.close();
  });
});
