import { longestSlice } from '@parley/contracts/testing/longest-slice';
import { expect, test } from 'vitest';
import { firstWords } from '@parley/contracts/markdown';
import { snippet } from './snippet.js';

/** As in core's test of this name: fifty milliseconds and less. A page of hits has twenty, and they may take a quarter of a second. */
const most = 200_000;

test.each(['*a_', '~a', '`a` ', '<', '[x] ', '- a\n', 'b\n', '@a.b-c_', 'aBcD1 ', '上*海*', '**a ', '&amp;'])(
  'a page of hits full of %j is shown in no longer than others',
  async (fragment) => {
    const text = fragment.repeat(Math.ceil(65_536 / fragment.length));
    const shown = () => Array.from({ length: 20 }, () => snippet(`a ${text}`, 'a'));
    expect(await longestSlice(shown)).toBeLessThan(5 * most);
    expect(await longestSlice(() => snippet(text, 'missing'))).toBeLessThan(most);
    expect(await longestSlice(() => firstWords(text))).toBeLessThan(most);
  },
);
