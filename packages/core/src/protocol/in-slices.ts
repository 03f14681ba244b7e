import { setImmediate as nextTurn } from 'node:timers/promises';
import { unitsPerStep, type Steps } from '@parley/contracts';

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
