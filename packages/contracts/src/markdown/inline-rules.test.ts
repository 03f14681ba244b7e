import type { Token, Tokens } from 'marked';
import { expect, test } from 'vitest';
import { plainText } from './plain-text.js';
import { childrenOf, readMarkdown } from './read-markdown.js';

function* all(tokens: readonly Token[]): Generator<Token> {
  for (const token of tokens) {
    yield token;
    yield* all(childrenOf(token) ?? []);
  }
}
const links = (source: string) =>
  [...all(readMarkdown(source))].flatMap((token) => (token.type === 'link' ? [[token.raw, (token as Tokens.Link).href]] : []));
const marked = (source: string, type: 'strong' | 'em') =>
  [...all(readMarkdown(source))].flatMap((token) => (token.type === type ? [(token as Tokens.Strong).text] : []));

test.each([
  ['看https://example.com/中文，然后', 'https://example.com/中文'],
  ['看https://example.com。', 'https://example.com'],
  ['（https://example.com/a）', 'https://example.com/a'],
  ['“https://example.com”', 'https://example.com'],
  ['https://例え.jp', 'https://例え.jp'],
  ['https://例え.jp/パス?q=値#節、次', 'https://例え.jp/パス?q=値#節'],
  ['https://müller.example/straße.', 'https://müller.example/straße'],
  ['see https://en.wikipedia.org/wiki/A_(b), (https://example.org/x).', 'https://en.wikipedia.org/wiki/A_(b)', 'https://example.org/x'],
  ['HTTPS://Example.org/a\u3000b', 'HTTPS://Example.org/a'],
])('the addresses in %j', (source, ...found) => {
  expect(links(source)).toEqual(found.map((address) => [address, address]));
  expect(plainText(source)).toBe(`${source}\n`);
});

test('other addresses are read as before', () => {
  expect(links('www.例え.jp、 a@b.example https://')).toEqual([
    ['www.例え.jp', 'http://www.例え.jp'],
    ['a@b.example', 'mailto:a@b.example'],
  ]);
  expect(links('[x](https://例え.jp/，) <https://例え.jp/>')).toHaveLength(2);
});

test.each([
  ['**“重要”**的', '“重要”'],
  ['他说**“重要”**的', '“重要”'],
  ['**重要。**的', '重要。'],
  ['这是**（重要）**吗', '（重要）'],
  ['**"重要"**的', '"重要"'],
  ['他说**"重要"**的', '"重要"'],
  ['**「東京」**へ', '「東京」'],
  ['**한국어(Korean)**는', '한국어(Korean)'],
  ['**重要**的', '重要'],
  ['**bold** word', 'bold'],
])('%j has strong %j', (source, text) => {
  expect(marked(source, 'strong')).toEqual([text]);
});

test.each([
  ['*甲**乙**丙*', '甲**乙**丙'],
  ['*“甲”*乙', '“甲”'],
  ['*a* b', 'a'],
])('%j has emphasis %j', (source, text) => {
  expect(marked(source, 'em')).toEqual([text]);
});

test('stars that mean nothing stay', () => {
  for (const source of ['2 * 3 * 4', '** “x” **', 'a "*" b']) {
    expect([source, marked(source, 'em'), marked(source, 'strong')].flat()).toEqual([source]);
  }
});
