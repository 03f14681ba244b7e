import fc from 'fast-check';
import { expect, test } from 'vitest';
import { searchText } from '../markdown/search-text.js';
import { findWords, indexWords, maxIndexed, readQuery, splitWords } from './index.js';

const forms = (text: string) => splitWords(text).map((word) => word.forms.map((form) => form.text).join(' '));

test.each([
  ['foo-bar.config.ts', ['foo', 'bar', 'config', 'ts']],
  ['v1.2', ['v1 v 1', '2']],
  ['getUserName', ['getusername get username user name']],
  ['HTTPServer', ['httpserver http server']],
  ['JavaScript', ['javascript java script']],
  ['Hello WORLD', ['hello', 'world']],
  ['上海东', ['上海', '海东', '东']],
  ['東京tower', ['東京', '京', 'tower']],
  ['上 海', ['上', '海']],
  ['don’t', ['don', 't']],
  ['E\u0301COLE', ['ecole']],
  ['so\u00adft', ['soft']],
  ['x'.repeat(65), ['x'.repeat(64), 'x']],
  ['** ! \u0301', []],
])('the words of %j are %j', (text, expected) => {
  expect(forms(text)).toEqual(expected);
});

test('a query has alternatives, each with what must be there and what must not', () => {
  const word = (text: string, begun = false, distance = 0) => ({ text, begun, distance });
  expect(readQuery('"green tea" -cold, x-1 or 東京tower')).toEqual([
    {
      wanted: [
        [word('green'), word('tea', false, 1)],
        [word('x'), word('1', false, 1)],
      ],
      excluded: [[word('cold')]],
    },
    { wanted: [[word('東京'), word('tower', true, 2)]], excluded: [] },
  ]);
  expect(readQuery('海')).toEqual([{ wanted: [[word('海', true)]], excluded: [] }]);
});

test('a query that names nothing has no alternatives', () => {
  for (const typed of ['', '-a', '""', '**', 'or', '-"a b" or -c']) {
    expect(readQuery(typed)).toEqual(typed === 'or' ? [{ wanted: [[{ text: 'or', begun: true, distance: 0 }]], excluded: [] }] : []);
  }
});

test('every piece of a text that begins with a word finds itself there, and its words are as long as it', () => {
  const piece = fc.constantFrom('上', '海', 'タ', 'Ab', 'c', '1', '.', '-', ' ', 'é', 'e\u0301', 'ß', '🎉', '한', 'ข้', 'Ａ', '\u00ad');
  fc.assert(
    fc.property(fc.array(piece, { minLength: 1, maxLength: 12 }), fc.nat(), fc.nat(), (pieces, a, b) => {
      const text = pieces.join('');
      const words = splitWords(text);
      if (words.length === 0) return;
      const first = words[a % words.length]!;
      const last = words[Math.max(words.indexOf(first), b % words.length)]!;
      const query = text.slice(first.from, last.to).replaceAll('-', '.');
      const places = findWords(text, `"${query}"`);
      // What is not seen at the end of a word is no part of a place.
      const end = first.from + text.slice(first.from, last.to).replace(/\u00ad+$/, '').length;
      expect(places.some(({ from, to }) => from <= first.from && to >= end)).toBe(true);
      for (const { from, to } of places) expect(text.slice(from, to)).not.toBe('');
    }),
    { numRuns: 1_000 },
  );
});

test('of a long query the first thirty-two words are looked for', () => {
  const numbers = Array.from({ length: 40 }, (_, index) => `${index}`);
  for (const query of [numbers.join(' '), `"${numbers.join(' ')}"`]) {
    const words = readQuery(query).flatMap(({ wanted }) => wanted.flat());
    expect(words.map(({ text }) => text)).toEqual(numbers.slice(0, 32));
  }
});

test('places far behind the first one need not be looked for', () => {
  const text = `${'x '.repeat(100)}a a ${'x '.repeat(100)}a`;
  expect(findWords(text, 'a')).toHaveLength(3);
  expect(findWords(text, 'a', 100)).toEqual([
    { from: 200, to: 201 },
    { from: 202, to: 203 },
  ]);
});

/** Processor time, because the machine does other things too. The least of three, in milliseconds. */
function costOf(work: () => void): number {
  const costs = [1, 2, 3].map(() => {
    const before = process.cpuUsage();
    work();
    return process.cpuUsage(before).user / 1000;
  });
  return Math.min(...costs);
}

const singles = Array.from({ length: 100 }, (_, index) => String.fromCodePoint(0x4e00 + index));
test.each([
  ['many words', Array.from({ length: 36 }, (_, index) => index.toString(36)).join(' '), 'z '],
  ['one word again and again', 'a '.repeat(100), 'a '],
  ['a long phrase that nearly fits', `"${'a '.repeat(98)}b"`, 'a '],
  ['phrases that begin alike', Array.from({ length: 30 }, (_, index) => `"a ${index.toString(36)}"`).join(' '), 'a '],
  ['signs without spaces', singles.join(' '), '丁丂'],
  ['a word as long as words are', `${'a'.repeat(64)} `.repeat(3), `${'a'.repeat(64)} `],
  ['parts of words', 'aB '.repeat(60), 'aBcDeFgH'],
])('looking for %s in the longest text takes no multiple of looking for one word', (_name, query, piece) => {
  const text = piece.repeat(maxIndexed / piece.length);
  const find = (typed: string) => costOf(() => findWords(text, typed));
  expect([0, 1, 2].some(() => find(query) < 30 * Math.max(2, find('one')))).toBe(true);
});

test('the index text quotes what it holds, and stays below PostgreSQL’s bounds', () => {
  expect(indexWords('a B a 上海')).toBe("'a':1,3 'b':2 '上海':4 '海':5");
  const hostile = Array.from({ length: 32_000 }, (_, index) => String.fromCodePoint(0x20000 + index)).join('');
  expect(new TextEncoder().encode(indexWords(hostile)).length).toBeLessThan(2_000_000);
});

test('an address that a text refers to again and again is read once, so that no text becomes longer than twice itself', () => {
  for (const address of ['.b'.repeat(960), '上'.repeat(1_950)]) {
    const text = `[x]: http://a/${address}\n\n${'[x] '.repeat(6_000)}`;
    expect(searchText(text).length).toBeLessThan(2 * text.length);
  }
});
