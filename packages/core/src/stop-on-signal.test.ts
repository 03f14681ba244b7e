import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { stopOnSignal } from './stop-on-signal.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function world() {
  const target = new EventEmitter();
  const exits: number[] = [];
  const log = { info: () => {}, warn: () => {}, error: () => {} };
  const started = stopOnSignal({
    log,
    limitMs: 5_000,
    target: Object.assign(target, { exit: (code: number) => void exits.push(code) }) as never,
  });
  return { started, exits, signal: (name = 'SIGTERM') => target.emit(name, name) };
}

describe('stopOnSignal', () => {
  test('stops once, and ends with 0', async () => {
    const { started, exits, signal } = world();
    let end!: () => void;
    const stop = vi.fn(() => new Promise<void>((resolve) => (end = resolve)));
    started(stop);
    expect(stop).not.toHaveBeenCalled();
    signal();
    expect(stop).toHaveBeenCalledTimes(1);
    expect(exits).toEqual([]);
    end();
    await vi.advanceTimersByTimeAsync(0);
    expect(exits).toEqual([0]);
  });

  test('what is still starting is started and then stopped', async () => {
    const { started, exits, signal } = world();
    signal();
    expect(exits).toEqual([]);
    const stop = vi.fn(async () => {});
    started(stop);
    await vi.advanceTimersByTimeAsync(0);
    expect(stop).toHaveBeenCalledTimes(1);
    expect(exits).toEqual([0]);
  });

  test('a second signal ends it at once, and so does the limit; a stop that fails ends with 1', async () => {
    const second = world();
    second.started(() => new Promise(() => {}));
    second.signal();
    second.signal('SIGINT');
    expect(second.exits[0]).toBe(1);
    const slow = world();
    slow.started(() => new Promise(() => {}));
    slow.signal();
    await vi.advanceTimersByTimeAsync(4_999);
    expect(slow.exits).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(slow.exits).toEqual([1]);
    const failing = world();
    failing.started(() => Promise.reject(new Error('no')));
    failing.signal();
    await vi.advanceTimersByTimeAsync(0);
    expect(failing.exits).toEqual([1]);
  });
});
