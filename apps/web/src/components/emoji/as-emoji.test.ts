import { messagesReactInput } from '@parley/contracts';
import { expect, test } from 'vitest';
import { asEmoji } from './as-emoji.js';

const messageId = '019a0000-0000-7000-8000-000000000001';

test.each(['👍', ' 🚢 ', '❤️', '👩🏽‍🚀', '🏳️‍🌈', '🇫🇮', '3️⃣'])('%s is one, to the server too', (text) => {
  expect(asEmoji(text)).toBe(text.trim());
  expect(messagesReactInput.safeParse({ messageId, emoji: text.trim(), on: true }).success).toBe(true);
});

test.each(['', 'ok', 'a👍', '👍👎', ':)', `👍${'\u200d'.repeat(40)}`])('%j is none', (text) => {
  expect(asEmoji(text)).toBeNull();
});
