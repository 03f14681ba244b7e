import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cutText } from './cut-text.js';

test.each([
  ['hello', 3, 'hel'],
  ['hello', 5, 'hello'],
  ['a🇩🇪🇫🇷', 5, 'a🇩🇪'],
  ['a🇩🇪🇫🇷', 7, 'a🇩🇪'],
  ['a👩‍👩‍👧b', 5, 'a'],
  ['e\u0301e\u0301', 3, 'e\u0301'],
  ['x❤️', 2, 'x'],
  ['a😀', 2, 'a'],
  ['😀😀', 1, ''],
  ['a\r\nb', 2, 'a'],
  [`e${'\u0301'.repeat(100)}`, 10, `e${'\u0301'.repeat(9)}`],
  ['🇩🇪'.repeat(9_000), 30_002, '🇩🇪'.repeat(7_500)],
])('%j cut to %d', (text, maxLength, cut) => {
  expect(cutText(text, maxLength)).toBe(cut);
});

test('what is left are the first graphemes of the text, and one more would be too long', () => {
  const sign = fc.constantFrom('a', ' ', '😀', '🇩🇪', '👩‍👩‍👧', 'é', 'e\u0301', '한', '❤️', 'नि', '\r\n');
  fc.assert(
    fc.property(fc.array(sign, { maxLength: 40 }), fc.integer({ min: 12, max: 60 }), (signs, maxLength) => {
      const text = signs.join('');
      const cut = cutText(text, maxLength);
      const whole = [...new Intl.Segmenter().segment(text)].map(({ segment }) => segment);
      const kept = [...new Intl.Segmenter().segment(cut)].map(({ segment }) => segment);
      expect(whole.slice(0, kept.length)).toEqual(kept);
      expect(cut.length).toBeLessThanOrEqual(maxLength);
      if (cut !== text) expect(cut.length + whole[kept.length]!.length).toBeGreaterThan(maxLength);
    }),
  );
});
