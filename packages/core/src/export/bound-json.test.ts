import { expect, test } from 'vitest';
import { beyondBounds } from './bound-json.js';

const bounds = { maxDepth: 3, maxValues: 5 };

test.each([
  ['[[[1]]]', null],
  ['[[[[1]]]]', 'depth'],
  ['[[[], []], [[]]]', 'values'],
  ['[1, 2, 3, 4, 5]', null],
  ['[1, 2, 3, 4, 5, 6]', 'values'],
  ['{"a": "[[[[,,,,,,"}', null],
  [String.raw`{"a": "\"[[[[\\", "b": "{{{{\\\""}`, null],
  [String.raw`{"a": "\\", "b": [[[]]]}`, 'depth'],
  ['"[[[[', null],
  ['', null],
] as const)('%s: %s', (text, expected) => {
  expect(beyondBounds(text, bounds)).toBe(expected);
});
