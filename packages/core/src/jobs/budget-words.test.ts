import type { BudgetCap } from '@parley/contracts';
import { expect, test } from 'vitest';
import { budgetWords } from './budget-words.js';

const cap = (changes: Partial<BudgetCap>): BudgetCap => ({
  scope: 'person',
  span: 'day',
  unit: 'tokens',
  limit: 200_000,
  used: 200_000,
  retryAfterMs: 60_000,
  ...changes,
});

test('a refusal says which budget it is, what is left of it, and when it comes back', () => {
  expect(budgetWords(cap({}), 'reader', 5_000)).toBe('Your AI tokens for today are used up. They come back at midnight UTC.');
  expect(budgetWords(cap({ scope: 'room', used: 198_000 }), 'other', 5_000)).toBe(
    'This room’s AI tokens for today are nearly used up: 2,000 of 200,000 are left, and this answer may take 5,000. They come back at midnight UTC.',
  );
  const money = { unit: 'cost', limit: 2_500_000, used: 2_499_100 } as const;
  expect(budgetWords(cap({ ...money, scope: 'instance' }), 'reader', 12_345)).toBe(
    'This server’s AI money for today is nearly used up: $0.0009 of $2.50 is left, and this answer may take $0.01. It comes back at midnight UTC.',
  );
  expect(budgetWords(cap({ scope: 'character', span: 'month' }), 'reader', null)).toMatch(
    /^This character’s AI tokens for this month are used up\. They come back on [A-Z][a-z]+ 1 \(UTC\)\.$/,
  );
});

test('what somebody else who pays has used is not told', () => {
  expect(budgetWords(cap({ used: 199_999 }), 'other', 5_000)).toBe(
    'The AI tokens that pay for this reply for today are not enough. They come back at midnight UTC.',
  );
});
