import { describe, expect, test } from 'vitest';
import { indexWords } from '../search/index.js';
import { mentionsIn } from './mentions.js';
import type { Tokens } from 'marked';
import { plainText } from './plain-text.js';
import { readMarkdown } from './read-markdown.js';
import { sentText } from './sent-text.js';

/** Processor time, because the machine does other things too. The least of three, in milliseconds. */
function costOf(work: () => void): number {
  const costs = [1, 2, 3].map(() => {
    const before = process.cpuUsage();
    work();
    return process.cpuUsage(before).user / 1000;
  });
  return Math.min(...costs);
}

const fragments = [
  '*a_',
  '_a*',
  '__a',
  '*_',
  '**a ',
  '[',
  '[a](',
  '![',
  '!',
  '`',
  '`a',
  '<',
  '> ',
  '>',
  '- a\n  ',
  '1. ',
  'a\n\n',
  '=\n',
  '|a',
  '@a.',
  '&#64;',
];

/** A text of one fragment again and again, as long as a message may be. */
const full = (fragment: string, before = '') => (before + fragment.repeat(32_000 / fragment.length)).slice(0, 32_000);

describe('no text of the length of a message costs a multiple of other Markdown', () => {
  const ordinary = full('The importer reads *every* file twice, and writes what it found into a table of its own. [More](http://a.b)\n\n');
  const read = (text: string) =>
    costOf(() => {
      mentionsIn(`${text}@a`);
      indexWords(text);
      sentText(text);
    });

  test.each([
    ['references to one address', full('[x] ', '[x]: http://a/b\n\n')],
    ['references to a long address', full('[x] ', `[x]: http://a/${'.b'.repeat(960)}\n\n`)],
    ['many definitions', full('[9] ', Array.from({ length: 1_000 }, (_, i) => `[${i}]: http://a\n`).join(''))],
    ['references to nothing', full('[y][z] ')],
    ['links', full('[a](http://b) ')],
    ['addresses', full('<http://a.b> www.a.b a@b.co ')],
    ['a list’s item that lazy lines go on', full('b\n', '- a\n')],
    ['a list’s item of many lines', full('  b\n', '- a\n')],
    ['a list’s item whose lines a heading might end', full('  b\n'.repeat(60) + '  > \n', '- a\n')],
    ['items', full('- a\n\n')],
    ['numbered items', full('1. a\n')],
    ['lists in quotes', full('> - a\n')],
    ['quotes in quotes', full('> > > a\n')],
    ['a quote that lazy lines go on', full('b\n', '> a\n')],
    ['rows of tables', full('a|b\n', 'a|b\n-|-\n')],
    ['emphasis', full('*a* ')],
    ['emphasis that may end anywhere', full('*a_')],
    ['emphasis of three marks', full('***a** ')],
    ['emphasis inside words', full('a*b*')],
    ['emphasis of Chinese', full('上*海*')],
    ['deletions', full('~a')],
    ['code', full('`a` ')],
    ['entities', full('&#64; &amp; ')],
    ['tags', full('<a b="c">x</a>')],
    ['signs that begin tags', full('<')],
    ['names', full('@a.b-c_')],
    ['words in words', full('aBcDeFgH1 ')],
    ['escapes', full('\\*')],
    ['headings', full('a\n=\n')],
  ])('%s', (_name, text) => {
    // The dearest of these take ten to twenty times as much; the lazy lines of a list took fifty, and more the longer they went on.
    expect([0, 1, 2].some(() => read(text) < 30 * Math.max(2, read(ordinary)))).toBe(true);
  });
});

test.each(fragments)('four times as much of %j takes about four times as long', (fragment) => {
  const read = (length: number) => {
    const text = fragment.repeat(Math.ceil(length / fragment.length));
    return costOf(() => {
      mentionsIn(`${text}@a`);
      plainText(text);
      sentText(text);
    });
  };
  // The square of four is sixteen. What takes a few milliseconds is measured too coarsely to compare.
  expect([0, 1, 2].some(() => read(32_000) < 9 * Math.max(2, read(8_000)))).toBe(true);
});

test('the lines of a list’s item are one text, and what begins among them still begins', () => {
  const types = (source: string) => {
    const [list] = readMarkdown(source) as Tokens.List[];
    return list!.items[0]!.tokens.map(({ type, raw }) => `${type} ${raw.trim()}`);
  };
  expect(types('- a\n  b\n  c')).toEqual(['text a\nb\nc']);
  expect(types('- a\nlazy\n  c')).toEqual(['text a\nlazy\nc']);
  expect(types('- a\n  b\n  - c')).toEqual(['text a\nb', 'list - c']);
  expect(types('- a\n  b\n  > c')).toEqual(['text a\nb', 'blockquote > c']);
  expect(types('- a\n  b\n  c|d\n  -|-')).toEqual(['text a\nb', 'table c|d\n-|-']);
  expect(types('- a\n  b\n  ===')).toEqual(['heading a\nb\n===']);
});

test('words are not lost where reading stops', () => {
  for (const text of [
    `${'*a_ '.repeat(8_000)}word`,
    `${'- a\n  '.repeat(5_000)}word`,
    `${'a\n\n'.repeat(9_000)}word`,
    `${'!'.repeat(9_000)}word`,
  ]) {
    expect(plainText(text)).toContain('word');
  }
  expect(plainText('!![a](https://example.org/x.png)')).toBe('!a\n');
});
