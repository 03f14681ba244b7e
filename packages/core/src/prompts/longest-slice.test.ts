import { longestSlice } from '@parley/contracts/testing/longest-slice';
import { expect, test } from 'vitest';
import { answerTask, chat, contextOf } from './prompt-context.fixture.js';
import { buildPrompt } from './build-prompt.js';

/** As in core's test of this name: fifty milliseconds and less. */
const most = 200_000;

test.each(['<', '</message', '\u200b', '&lt;', '\u0301', '<think>', '`', '￼', '＜', 'word '])(
  'a prompt of %j again and again holds the process for no longer than an ordinary one',
  async (fragment) => {
    const text = (length: number) => fragment.repeat(Math.ceil(length / fragment.length)).slice(0, length);
    for (const [count, length] of [
      [6, 32_768],
      [500, 400],
    ] as const) {
      const messages = chat(...Array.from({ length: count }, () => `bo: ${text(length)}`));
      expect(await longestSlice(() => buildPrompt(contextOf(answerTask(text(8_000)), messages)))).toBeLessThan(most);
    }
  },
);
