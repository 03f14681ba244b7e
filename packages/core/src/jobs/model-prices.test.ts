import { describe, expect, test } from 'vitest';
import { costOf, defaultPrices, readModelPrices, sumOfSpent } from './model-prices.js';

describe('what a usage costs', () => {
  const prices = readModelPrices('{"test:*": {"input": 2, "output": 10}, "test:big": {"input": 0.1, "cachedInput": 0.01, "output": 0.5}}');

  test('is by the longest name of the table that fits, cached input apart, rounded up once', () => {
    expect(costOf(prices, 'test:small', { inputTokens: 1_000, outputTokens: 100 })).toEqual({
      model: 'test:small',
      cost: 3_000,
      priced: true,
    });
    // 600 × 0.1 + 400 × 0.01 + 3 × 0.5
    expect(costOf(prices, 'test:big', { inputTokens: 1_000, cachedTokens: 400, outputTokens: 3 }).cost).toBe(66);
    expect(costOf(prices, 'test:big', { inputTokens: 10, cachedTokens: 400, outputTokens: 0 }).cost).toBe(1);
    expect(costOf(prices, 'test:small', { inputTokens: 100_000_000, outputTokens: 100_000_000 }).cost).toBe(1_200_000_000);
    expect(costOf(prices, 'test:small', { inputTokens: 0, outputTokens: 0 }).cost).toBe(0);
  });

  test('is nothing for a model without a price, which is said', () => {
    expect(costOf(prices, 'other:model', { inputTokens: 1_000, outputTokens: 1 })).toEqual({
      model: 'other:model',
      cost: 0,
      priced: false,
    });
    const free = costOf(prices, 'other:model', { inputTokens: 1, outputTokens: 1 });
    expect(sumOfSpent(costOf(prices, 'test:small', { inputTokens: 1, outputTokens: 0 }), free)).toMatchObject({ cost: 2, priced: false });
  });

  test('the defaults know the models that are named for each provider', () => {
    for (const model of ['openai:gpt-5.4-mini', 'anthropic:claude-haiku-5-5', 'google:gemini-flash-latest'])
      expect(costOf(defaultPrices, model, { inputTokens: 1_000_000, outputTokens: 0 }).cost).toBeGreaterThan(0);
    expect(costOf(prices, 'openai:gpt-5.4-mini', { inputTokens: 1_000_000, outputTokens: 0 }).cost).toBe(750_000);
  });

  test.each([
    ['nothing', 'no JSON'],
    ['[]', 'no object'],
    ['{"gpt": {"input": 1, "output": 1}}', 'no provider:model'],
    ['{"a:b": {"input": 1}}', 'needs input and output'],
    ['{"a:b": {"input": -1, "output": 1}}', 'needs input and output'],
    ['{"a:b": {"input": 1, "output": 1, "cached": 1}}', 'needs input and output'],
    ['{"a:b": null}', 'needs input and output'],
  ])('%s is no table', (text, why) => {
    expect(() => readModelPrices(text)).toThrow(why);
  });
});
