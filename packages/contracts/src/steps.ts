/**
 * Work in steps. Each step yields how much it did, in UTF-16 units read or as much else; the dearest take some microseconds for each.
 * Whoever drives the steps may let others have their turn between them.
 */
export type Steps<T> = Generator<number, T, void>;

/** Does all steps at once: for what is short, and where nobody waits. */
export function finish<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** About how much is done in one step: ten milliseconds or so of the most hostile Markdown. */
export const unitsPerStep = 2_000;
