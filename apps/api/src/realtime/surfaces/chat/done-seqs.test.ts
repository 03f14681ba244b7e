import { expect, test } from 'vitest';
import { DoneSeqs, type SeqRange } from './done-seqs.js';

const state = ({ floor, ranges }: DoneSeqs) => ({ floor, ranges });

test.each<[string, SeqRange[], number, SeqRange[]]>([
  [
    'apart from each other',
    [
      [5, 6],
      [9, 9],
    ],
    2,
    [
      [5, 6],
      [9, 9],
    ],
  ],
  [
    'in any order, over each other and beside each other',
    [
      [9, 12],
      [5, 6],
      [7, 7],
      [10, 11],
      [12, 14],
    ],
    2,
    [
      [5, 7],
      [9, 14],
    ],
  ],
  [
    'that raise the floor',
    [
      [20, 21],
      [6, 9],
      [3, 4],
      [1, 5],
    ],
    9,
    [[20, 21]],
  ],
])('takes ranges %s', (_how, ranges, floor, left) => {
  expect(state(new DoneSeqs(2, ranges))).toEqual({ floor, ranges: left });
});

test('what is added joins what it touches', () => {
  const done = new DoneSeqs(2, [
    [5, 6],
    [9, 9],
    [12, 13],
  ]);
  for (const seq of [8, 11, 6, 1]) done.add(seq);
  expect(state(done)).toEqual({
    floor: 2,
    ranges: [
      [5, 6],
      [8, 9],
      [11, 13],
    ],
  });
  done.add(10);
  expect(state(done)).toEqual({
    floor: 2,
    ranges: [
      [5, 6],
      [8, 13],
    ],
  });
  done.add(3);
  done.add(7);
  expect(state(done)).toEqual({ floor: 3, ranges: [[5, 13]] });
  done.add(4);
  expect(state(done)).toEqual({ floor: 13, ranges: [] });
  expect([1, 13, 14].map((seq) => done.has(seq))).toEqual([true, true, false]);
});

test('as many ranges as somebody likes to send cost little', () => {
  const ranges = Array.from({ length: 20_000 }, (_, n): SeqRange => [2 * n + 5, 2 * n + 5]);
  expect(new DoneSeqs(0, ranges.toReversed()).ranges).toEqual(ranges);
});
