import { expect, test } from 'vitest';
import { bytesText } from './bytes-text.js';

test('sizes are said in the unit that people would use', () => {
  expect([0, 8192, 999_499, 1_500_000, 34_000_000, 999_600_000_000].map(bytesText)).toEqual([
    '0 kB',
    '8 kB',
    '999 kB',
    '1.5 MB',
    '34 MB',
    '1.0 TB',
  ]);
});
