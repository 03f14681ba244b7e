import { expect, it } from 'vitest';
import { renewBatches } from './redis-presence-scripts.js';

const members = (prefix: string, count: number) => new Set(Array.from({ length: count }, (_, index) => `${prefix}${index}`));

it('cuts sets into batches that hold every member once, none too large', () => {
  const sets = new Map([
    ['a', members('a', 3)],
    ['b', members('b', 5)],
    ['c', members('c', 1)],
  ]);
  expect([...renewBatches(sets, 4)]).toEqual([
    { keys: ['a', 'b'], args: [3, 'a0', 'a1', 'a2', 1, 'b0'] },
    { keys: ['b'], args: [4, 'b1', 'b2', 'b3', 'b4'] },
    { keys: ['c'], args: [1, 'c0'] },
  ]);
});

it('makes no batch of nothing', () => {
  expect([...renewBatches(new Map())]).toEqual([]);
});
