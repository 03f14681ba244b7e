import type { BudgetView } from '@parley/contracts';
import { expect, test } from 'vitest';
import { clockTime } from '../../components/time/time.js';
import { budgetName, meterText, nearestBudget } from './budget-text.js';

const resetsAt = '2026-12-01T00:00:00.000Z';
const budget = (changes: Partial<BudgetView>): BudgetView => ({
  scope: 'person',
  span: 'day',
  unit: 'tokens',
  limit: 1_000,
  used: 999,
  resetsAt,
  ...changes,
});
const at = clockTime(resetsAt);

test('the meter says which budget it is, how much of it is used and when it is back', () => {
  expect(meterText(budget({}))).toBe(`99 % of your AI tokens for today are used. They come back at ${at}.`);
  expect(meterText(budget({ scope: 'room', unit: 'cost', used: 800 }))).toBe(
    `80 % of this room’s AI money for today is used. It comes back at ${at}.`,
  );
  expect(meterText(budget({ scope: 'instance', span: 'month', used: 1_200 }))).toMatch(
    /^This server’s AI tokens for this month are used up\. They come back on (?:30 November|1 December) at \d\d:\d\d\.$/,
  );
});

test('a budget of somebody else is named after them', () => {
  expect(budgetName(budget({}), '@bo')).toBe('@bo’s AI tokens for today');
  expect(budgetName(budget({ scope: 'instance' }), '@bo')).toBe('This server’s AI tokens for today');
});

test('of several budgets the fullest is told, and of those that are used up the one that is back last', () => {
  const month = budget({ span: 'month', used: 1_000, resetsAt: '2027-01-01T00:00:00.000Z' });
  expect(nearestBudget([budget({}), budget({ used: 2_000 }), month])).toBe(month);
  expect(nearestBudget([budget({ used: 900 }), budget({ used: 950 })])).toMatchObject({ used: 950 });
  expect(nearestBudget([])).toBeNull();
});
