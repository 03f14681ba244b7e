import { expect, test } from 'vitest';
import { firstWords, plainText } from './plain-text.js';

test.each([
  ['**Ship** on _Friday_', 'Ship on Friday'],
  ['a snake_case_name', 'a snake_case_name'],
  ['# Title\n\nand `code`', 'Title and code'],
  ['- one\n- two\n\n3. three', 'one two three'],
  ['> said\n\nanswered', 'said answered'],
  ['see [the plan](https://example.org/a) and ![a chart](x.png)', 'see the plan and a chart'],
  ['before\n```ts\nconst a = 1;\n```\nafter', 'before const a = 1; after'],
  ['a < b && c * d', 'a < b && c * d'],
])('%j in one line', (source, text) => {
  expect(firstWords(source)).toBe(text);
});

test('a long text is cut, and says so', () => {
  expect(firstWords('word '.repeat(100), 20)).toBe('word word word word…');
});

test.each([
  ['> - a\n> - b\n>\n>   > c\n\n1. d\n   ```\n   e\n   ```\nf', 'a\nb\nc\nd\ne\nf\n'],
  ['| a | b |\n| - | - |\n| c **d** | e |', 'a b\nc d e\n'],
  ['# a\nb\n***\nc<br>d', 'a\nb\nc<br>d\n'],
  ['[TODO]: fix\n\n[公告]:明天…', '[TODO]: fix\n[公告]:明天…\n'],
  ['[a]: x\n[a]: <y> "z"', '[a]: x\n[a]: <y> "z"\n'],
  ['[a]\n\n[a]: https://example.org', 'a\n'],
  ['handlers[name](event), f[0]() and [x](./y.md)', 'handlers[name](event), f[0]() and [x](./y.md)\n'],
  ['see [*a*](https://example.org), [b](mailto:b@example.org), [c](#message-x)', 'see a, b, c\n'],
  ['- ship[1](#message-x)[12](#message-y).\n- cake[*](#no-source) [2](https://example.org)', 'ship.\ncake 2\n'],
  ['- ship[1](/rooms/a?at=1#message-x).\n- [Bo 14:02](/rooms/a?at=1#message-x) [x](/rooms/a)', 'ship.\nBo 14:02 [x](/rooms/a)\n'],
  ['```hello world', 'hello world\n'],
  ['```ts\nx\n```', 'x\n'],
  ['https://example.org/a_b_c <https://b.example> me@example.org', 'https://example.org/a_b_c https://b.example me@example.org\n'],
  ['![](https://example.org/a.png) ![&lt;b&gt;](x)', 'https://example.org/a.png <b>\n'],
  ['&amp;amp; \\* `&lt;`', '&amp; * &lt;\n'],
])('%j keeps its words apart', (source, text) => {
  expect(plainText(source)).toBe(text);
});

test('without code blocks there is a gap in the place of each', () => {
  expect(plainText('a\n```\nb\n```\nc `d`', { code: false })).toBe('a\n\n\nc d\n');
});

test('the first words never end inside a flag', () => {
  expect(firstWords('**🇩🇪🇫🇷🇪🇸**', 6)).toBe('🇩🇪…');
});
