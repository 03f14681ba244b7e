import { vi } from 'vitest';

/** How long a test waits. With vitest's default of one second, tests would measure how fast the machine is. */
const patienceMs = 180_000;

const { waitFor, waitUntil } = vi;
vi.waitFor = (callback, options = patienceMs) => waitFor(callback, options);
vi.waitUntil = (callback, options = patienceMs) => waitUntil(callback, options);

/** Marks timers that are in place already: this file runs before each file of tests, and these share a process. */
const inPlace = Symbol.for('parley.node-keeps-its-clock');
if (!(inPlace in vi.useFakeTimers)) keepClockOfNode();

/**
 * `fetch` sets a timer on each connection that it keeps, and a database in memory sets the next of its timers whenever one goes off. A
 * test that counts its timers would also count those of a connection or a database which an earlier file of the process opened. So when a
 * test stops the clock, code inside Node and PGlite goes on using the real one.
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
    // Copy the properties of the fake timers, by which the fakes know how to put the real ones back.
    globalThis.setTimeout = Object.assign(
      (...given: Parameters<typeof setTimeout>) => (isCalledFromOutside() ? real : fake).setTimeout(...given),
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

/** Whether the caller of the caller is code inside Node or PGlite. */
function isCalledFromOutside(): boolean {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 3;
  const { stack = '' } = new Error();
  Error.stackTraceLimit = limit;
  const caller = stack.split('\n')[3] ?? '';
  return caller.includes('(node:internal/') || caller.includes('/node_modules/@electric-sql/pglite/');
}
