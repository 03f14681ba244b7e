import { expect, test } from 'vitest';
import { foldText } from './fold-text.js';

test.each([
  ['Zoe\u0308', 'zoe'],
  ['Zoë', 'ZOE'],
  ['İlker Işık', 'ilker ışık'],
  ['ΣΊΣΥΦΟΣ', 'σίσυφος'],
  ['Åsa', 'asa'],
  ['ＷＩＤＥ', 'wide'],
  ['Иван', 'иван'],
])('%j is found as %j', (one, other) => {
  expect(foldText(one)).toBe(foldText(other));
});

test.each([
  ['नमस्ते', 'नमसत'],
  ['が', 'か'],
])('%j is not %j', (one, other) => {
  expect(foldText(one)).not.toBe(foldText(other));
});

test('is folded once', () => {
  for (const text of ['İ', 'ΑΣ', 'ǅ', 'ﬁ', 'が', '각']) expect(foldText(foldText(text))).toBe(foldText(text));
});
