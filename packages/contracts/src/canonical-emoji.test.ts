import { expect, test } from 'vitest';
import { canonicalEmoji } from './canonical-emoji.js';
import { messagesReactInput } from './inputs.js';

test.each([
  ['❤', '❤️'],
  ['❤️', '❤️'],
  ['❤\ufe0e', '❤️'],
  ['👍', '👍'],
  ['👍\ufe0f', '👍'],
  ['👍🏽', '👍🏽'],
  ['✌🏽', '✌🏽'],
  ['✌', '✌️'],
  ['1⃣', '1️⃣'],
  ['🇩🇪', '🇩🇪'],
  ['👩‍❤‍👩', '👩‍❤️‍👩'],
  ['👁‍🗨', '👁️‍🗨️'],
  ['🏃🏽‍♂', '🏃🏽‍♂️'],
  ['🏴󠁧󠁢󠁥󠁮󠁧󠁿', '🏴󠁧󠁢󠁥󠁮󠁧󠁿'],
])('%s is %s', (emoji, canonical) => {
  expect(canonicalEmoji(emoji)).toBe(canonical);
  expect(canonicalEmoji(canonical)).toBe(canonical);
  const messageId = '0199a000-0000-7000-8000-00000000000a';
  expect(messagesReactInput.parse({ messageId, emoji, on: true }).emoji).toBe(canonical);
});

test('half a flag is no emoji', () => {
  const messageId = '0199a000-0000-7000-8000-00000000000a';
  for (const emoji of ['🇩', '🇩\u200d', '1', '\u{e0067}'])
    expect(messagesReactInput.safeParse({ messageId, emoji, on: true }).success).toBe(false);
});
