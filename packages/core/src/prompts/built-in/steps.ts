import { setImmediate as nextTurn } from 'node:timers/promises';

/**
 * Work in steps. Each step yields how much it did, in UTF-16 units read or as much else; the longest take some microseconds for each.
 * Whoever drives the steps lets others have their turn between them.
 */
export type Steps<T> = Generator<number, T, void>;

/** How much is read in one step, in UTF-16 units: ten milliseconds or so of the most hostile Markdown. */
export const unitsPerStep = 2_000;

/**
 * Does work without holding the process: between slices, what waits has its turn.
 *
 * @throws the signal's reason, as soon as a slice has ended
 */
export async function inSlices<T>(work: T | Steps<T>, signal?: AbortSignal): Promise<T> {
  if (!isSteps(work)) return work;
  let units = 0;
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
    units += step.value;
    if (units < unitsPerStep) continue;
    units = 0;
    await nextTurn();
    signal?.throwIfAborted();
  }
}

function isSteps<T>(work: T | Steps<T>): work is Steps<T> {
  return typeof work === 'object' && work !== null && Symbol.iterator in work && 'next' in work;
}
