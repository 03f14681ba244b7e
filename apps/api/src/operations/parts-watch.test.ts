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
  const answered = { database: Number.NEGATIVE_INFINITY };
  const changes: string[] = [];
  const check = (part: ServerPart) => () => {
    asked.push(part);
    return answers[part]?.() ?? Promise.resolve();
  };
  const watch = new PartsWatch({
    checks: { database: check('database'), bus: check('bus'), presence: check('presence'), limits: check('limits') },
    lastAnswerAt: { database: () => answered.database },
    everyMs: 1_000,
    limitMs: { database: 1_000, bus: 1_000, presence: 1_000, limits: 1_000 },
    onChange: (part, state) => changes.push(`${part} ${state}`),
  });
  const count = (part: ServerPart) => asked.filter((each) => each === part).length;
  return { watch, answers, answered, changes, count };
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

  test('a part that answers others is not away, however its questions fail or wait, and is away once it is silent to all', async () => {
    const { watch, answers, answered, changes } = watched();
    await settle(10);
    const elsewhere = setInterval(() => (answered.database = performance.now()), 700);
    answers.database = () => new Promise(() => {});
    await settle(10_000);
    expect(watch.away).toEqual([]);
    watch.close();

    const refusing = watched();
    await settle(10);
    const alsoElsewhere = setInterval(() => (refusing.answered.database = performance.now()), 700);
    refusing.answers.database = () => Promise.reject(new Error('too many connections'));
    await settle(10_000);
    expect(refusing.changes).toEqual([]);
    clearInterval(elsewhere);
    clearInterval(alsoElsewhere);
    await settle(1_900);
    expect(refusing.changes).toEqual(['database away']);
    refusing.answered.database = performance.now();
    await settle(100);
    expect(refusing.changes).toEqual(['database away', 'database ok']);
    refusing.watch.close();
    expect(changes).toEqual([]);
  });

  test('a process that was held up does not take it for silence, nor a time limit that passed meanwhile for a refusal', async () => {
    const { watch, answers, changes } = watched();
    await settle(10);
    let heldUpMs = 0;
    const now = performance.now.bind(performance);
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => now() + heldUpMs);
    const open: { answer(): void; fail(error: Error): void }[] = [];
    answers.database = () => new Promise((answer, fail) => open.push({ answer, fail }));
    await settle(1_000);
    expect(open).toHaveLength(1);
    // The answer came in time, and lies unread for a minute.
    heldUpMs += 60_000;
    await settle(500);
    expect(watch.away).toEqual([]);
    open[0]!.answer();
    await settle(500);
    expect(open).toHaveLength(2);
    heldUpMs += 60_000;
    open[1]!.fail(new Error('no answer in 5000 ms'));
    await settle(900);
    expect(changes).toEqual([]);
    // Time in which the process can read answers does count as silence.
    await settle(1_200);
    expect(changes).toEqual(['database away']);
    clock.mockRestore();
    watch.close();
  });
});
