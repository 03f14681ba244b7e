import { vi } from 'vitest';

/** What is waited for comes when it comes: vitest's one second would be a test of how fast the machine is. */
const patienceMs = 180_000;

const { waitFor, waitUntil } = vi;
vi.waitFor = (callback, options = patienceMs) => waitFor(callback, options);
vi.waitUntil = (callback, options = patienceMs) => waitUntil(callback, options);

/** Set on what is in place already: this file runs before each file of tests, and these share a process. */
const inPlace = Symbol.for('parley.node-keeps-its-clock');
if (!(inPlace in vi.useFakeTimers)) keepClockOfNode();

/**
 * `fetch` sets a timer on each connection that it keeps. One that an earlier file of the process opened would be taken for a timer of the test that
 * counts its own. So the clock that a test stops is not that of the code inside Node.
 */
function keepClockOfNode(): void {
  const { useFakeTimers } = vi;
  const real = { setTimeout: globalThis.setTimeout, clearTimeout: globalThis.clearTimeout };
  const probe = real.setTimeout(() => {}, 0);
  real.clearTimeout(probe);
  const Timeout = probe.constructor as new () => unknown;
  const routed: typeof useFakeTimers = (config) => {
    useFakeTimers(config);
    const fake = { setTimeout: globalThis.setTimeout, clearTimeout: globalThis.clearTimeout };
    if (fake.setTimeout === real.setTimeout) return vi;
    // With the properties of the fakes, by which these know how to put the real ones back.
    globalThis.setTimeout = Object.assign(
      (...given: Parameters<typeof setTimeout>) => (isCalledByNode() ? real : fake).setTimeout(...given),
      fake.setTimeout,
    );
    globalThis.clearTimeout = Object.assign(
      (timer: Parameters<typeof clearTimeout>[0]) => (timer instanceof Timeout ? real : fake).clearTimeout(timer),
      fake.clearTimeout,
    );
    return vi;
  };
  vi.useFakeTimers = Object.assign(routed, { [inPlace]: true });
}

/** Whether the caller of the caller is code inside Node. */
function isCalledByNode(): boolean {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 3;
  const { stack = '' } = new Error();
  Error.stackTraceLimit = limit;
  return stack.split('\n')[3]?.includes('(node:internal/') ?? false;
}
