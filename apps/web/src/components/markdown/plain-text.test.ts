import { expect, test } from 'vitest';
import { plainText } from './plain-text.js';

test.each([
  ['**Ship** on _Friday_', 'Ship on _Friday_'],
  ['# Title\n\nand `code`', 'Title and code'],
  ['- one\n- two\n\n3. three', 'one two three'],
  ['> said\n\nanswered', 'said answered'],
  ['see [the plan](https://example.org/a) and ![a chart](x.png)', 'see the plan and a chart'],
  ['before\n```ts\nconst a = 1;\n```\nafter', 'before const a = 1; after'],
  ['a < b && c * d', 'a < b && c * d'],
])('%j in one line', (source, text) => {
  expect(plainText(source)).toBe(text);
});

test('a long text is cut, and says so', () => {
  expect(plainText('word '.repeat(100), 20)).toBe('word word word word…');
});
