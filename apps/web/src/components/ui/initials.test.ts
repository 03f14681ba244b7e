import { expect, test } from 'vitest';
import { initials } from './initials.js';

test('two letters, from the first and last word or the only one', () => {
  expect(['Bo Lindqvist', 'yuki', 'Ana María de Souza', 'a', '  ', 'jean-luc', '李 小龍'].map(initials)).toEqual([
    'BL',
    'YU',
    'AS',
    'A',
    '?',
    'JL',
    '李小',
  ]);
});

test('a sign is what a reader sees as one', () => {
  expect(['🇩🇪 Team', '👩‍👩‍👧🇫🇷', 'Zoe\u0308 e\u0301t', 'नि की'].map(initials)).toEqual(['🇩🇪T', '👩‍👩‍👧🇫🇷', 'ZE\u0301', 'निकी']);
});
