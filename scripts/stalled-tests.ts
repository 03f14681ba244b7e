/**
 * With TEST_STALLS=1 the process of the tests stands still at random moments, for 20 ms to a second, about half of the time. So within
 * minutes it meets what happens on a busy machine now and then. A test that fails this way depends on how soon its process has its turn.
 */
const shortestMs = 20;
const longestMs = 1_000;
const longestGapMs = 400;

/** Marks that stalls are in place already: this file runs before each file of tests, and these share a process. */
const inPlace = Symbol.for('parley.stalls');
if (process.env['TEST_STALLS'] && !(inPlace in globalThis)) stallNowAndThen();

function stallNowAndThen(): void {
  Object.assign(globalThis, { [inPlace]: true });
  // Keep the real `setTimeout`, before a test puts a clock of its own in its place.
  const { setTimeout } = globalThis;
  const cell = new Int32Array(new SharedArrayBuffer(4));
  const stallLater = () => {
    const timer = setTimeout(() => {
      Atomics.wait(cell, 0, 0, shortestMs * (longestMs / shortestMs) ** Math.random());
      stallLater();
    }, Math.random() * longestGapMs);
    timer.unref();
  };
  stallLater();
}
