import { expect, test } from 'vitest';
import { limitFieldsOf, readLimit } from './limit-fields.js';

test('limits are read as people write amounts, and nothing else is taken for one', () => {
  const tokens = ['', ' 200000 ', '200,000', '200.000', '200 000', '1_000_000', '0', '-5', '1.5', 'many', '12,34', '9'.repeat(16)];
  expect(tokens.map((typed) => readLimit('dayTokens', typed))).toEqual([
    null,
    200_000,
    200_000,
    200_000,
    200_000,
    1_000_000,
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
  const money = ['', '2', '$2.50', '2,50', '0.000001', '0.125', '0,125', '2.500', '1,234.5', '0', '2.5.1', 'two'];
  expect(money.map((typed) => readLimit('monthCost', typed))).toEqual([
    null,
    2_000_000,
    2_500_000,
    2_500_000,
    1,
    125_000,
    125_000,
    2_500_000,
    1_234_500_000,
    undefined,
    undefined,
    undefined,
  ]);
});

test('a limit that was set is shown as it is read', () => {
  const limits = { dayTokens: 5_000, monthTokens: null, dayCost: 2_500_000, monthCost: 1 };
  const fields = limitFieldsOf(limits);
  expect(fields).toEqual({ dayTokens: '5000', monthTokens: '', dayCost: '2.5', monthCost: '0.000001' });
  for (const name of ['dayTokens', 'monthTokens', 'dayCost', 'monthCost'] as const)
    expect(readLimit(name, fields[name])).toBe(limits[name]);
});
