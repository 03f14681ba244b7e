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

test.each([
  ['_重要_的', 'em', '重要'],
  ['（_重要_的）', 'em', '重要'],
  ['說：_“重要”_的', 'em', '“重要”'],
  ['他说_重要_。', 'em', '重要'],
  ['他说_重要_', 'em', '重要'],
  ['_東京_へ、_京都_から', 'em', '東京', '京都'],
  ['_중요_는', 'em', '중요'],
  ['__重要__的', 'strong', '重要'],
  ['_a_ b', 'em', 'a'],
] as const)('%j has %s between low lines', (source, type, ...found) => {
  expect(marked(source, type)).toEqual(found);
});

test('low lines in a name stay', () => {
  for (const source of ['用户_名称_表', '订单__明细__表', 'snake_case_name', '_a_b', '重_要', '_ 重要 _的']) {
    expect([source, marked(source, 'em'), marked(source, 'strong')].flat()).toEqual([source]);
    expect(plainText(source)).toBe(`${source}\n`);
  }
});

test.each([
  'by \\(x_1 + y_2\\), so',
  'by \\[ x * y * z \\].',
  '\\[\n\\int_0^1 x\\,dx = \\frac{1}{2}\n\\]',
  '\\(\\{1, 2\\}\\)',
  '\\(a\\)\\(b\\)',
  '看\\(x\\)的',
  '**因为\\(x\\)**',
  `\\(${'x'.repeat(996)}\\)`,
])('the mathematics in %j stays as it is', (source) => {
  expect(plainText(source)).toBe(`${source.replaceAll('**', '')}\n`);
});

test.each([
  ['\\(not closed', '(not closed'],
  ['\\[x', '[x'],
  ['\\(x\\]', '(x]'],
  ['\\(\\)', '()'],
  ['\\[no link\\](https://example.com)', '[no link](https://example.com)'],
  ['\\[no link\\][a]', '[no link][a]'],
  ['\\[a\\]: b', '[a]: b'],
  ['\\\\(x\\\\)', '\\(x\\)'],
  ['`\\(x\\)`', '\\(x\\)'],
  [`\\(${'x'.repeat(997)}\\)`, `(${'x'.repeat(997)})`],
])('%j is no mathematics', (source, shown) => {
  expect(plainText(source)).toBe(`${shown}\n`);
});

test('stars that mean nothing stay', () => {
  for (const source of ['2 * 3 * 4', '** “x” **', 'a "*" b']) {
    expect([source, marked(source, 'em'), marked(source, 'strong')].flat()).toEqual([source]);
  }
});
