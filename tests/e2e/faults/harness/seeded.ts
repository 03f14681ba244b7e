import { randomInt } from 'node:crypto';

/** Numbers that come again from the same seed (mulberry32). */
export interface Seeded {
  readonly seed: number;
  /** In [0, 1). */
  random(): number;
  /** A whole number from `from` to `to`, both included. */
  between(from: number, to: number): number;
  pick<T>(items: readonly T[]): T;
}

/** The seed is that of FAULTS_SEED, or a new one, and is printed: a run that fails can be run again. */
export function seeded(name: string): Seeded {
  const seed = Number(process.env['FAULTS_SEED'] ?? randomInt(2 ** 31));
  if (!Number.isSafeInteger(seed)) throw new TypeError('FAULTS_SEED must be a whole number.');
  console.log(`${name}: FAULTS_SEED=${seed}`);
  let state = seed >>> 0;
  const random = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const between = (from: number, to: number) => from + Math.floor(random() * (to - from + 1));
  return { seed, random, between, pick: (items) => items[between(0, items.length - 1)]! };
}
