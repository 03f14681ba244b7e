import { expect, test } from 'vitest';
import { typingText } from './typing-text.js';

test.each([
  [[], ''],
  [['Bo'], 'Bo is typing…'],
  [['Bo', 'Cy'], 'Bo and Cy are typing…'],
  [['Bo', 'Cy', 'Di'], 'Bo, Cy and another are typing…'],
  [['Bo', 'Cy', 'Di', 'Ed'], 'Bo, Cy and 2 others are typing…'],
])('%j', (names, text) => {
  expect(typingText(names)).toBe(text);
});
