import { expect, test } from 'vitest';
import { BlockedWords, isMaskOf, maskPlaces } from './moderation-words.js';
import { finish } from './steps.js';

const mask = (words: string[], text: string) => maskPlaces(text, finish(new BlockedWords(words).find(text)));

test.each([
  ['as written', ['walrus'], 'a walrus!', 'a ••••••!'],
  ['in another case, with accents, wide', ['walrus'], 'WÁLRUS ｗａｌｒｕｓ', '•••••• ••••••'],
  ['with letters that look alike', ['walrus'], 'wаlruѕ w4lru5', '•••••• ••••••'],
  ['with unseen letters in between', ['walrus'], 'wal\u200brus', '•••••••'],
  ['as whole words only', ['ass'], 'a class, an ass', 'a class, an •••'],
  ['of scripts without spaces, anywhere', ['海象'], '那只海象很大', '那只••很大'],
  ['of Arabic without its vowels', ['كتاب'], 'هذا كِتَابٌ', 'هذا •••••••'],
  ['as phrases, whatever the space', ['loud walrus'], 'a loud  walrus', 'a ••••••••••••'],
  ['the longest that fits', ['loud', 'loud walrus'], 'loud walrus', '•••••••••••'],
  ['in Cyrillic', ['морж'], 'МОРЖ и моржа', '•••• и моржа'],
])('words are found %s', (_, words, text, expected) => {
  expect(mask(words, text)).toBe(expected);
  expect(isMaskOf(expected, text)).toBe(true);
});

test('an empty list, and words without a letter, find nothing', () => {
  expect(mask([], 'anything')).toBe('anything');
  expect(mask(['  ', '—'], 'any — thing')).toBe('any — thing');
  expect(isMaskOf('a ••• c', 'a bbb d')).toBe(false);
});

test('a long text and a long list take steps in proportion', () => {
  const words = new BlockedWords(Array.from({ length: 700 }, (_, n) => `${'a'.repeat(50)}${n}`));
  let steps = 0;
  const finding = words.find('a'.repeat(32_000));
  while (!finding.next().done) steps++;
  expect(steps).toBeLessThan(32_000 / 500 + 32_000 / 2_000 + 2);
});
