import { expect, test } from 'vitest';
import { mentionsIn } from './mentions.js';
import { plainText } from './plain-text.js';
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
