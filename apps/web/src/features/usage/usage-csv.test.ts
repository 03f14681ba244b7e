import { expect, test } from 'vitest';
import { usageCsv } from './usage-csv.js';

test('a report is one table, in which no name is a formula or breaks its line', () => {
  const sum = { calls: 2, inputTokens: 1_000, cachedTokens: 10, outputTokens: 20, cost: 1_500_000, unpricedCalls: 1 };
  const characters = ['Ada, "the" first', '=1+1', '-2'].map((name) => ({ characterId: null, name, ...sum }));
  const figures = '2,1000,10,20,1.500000,1';
  expect(
    usageCsv({ models: [{ model: 'openai:gpt-5.4-mini', ...sum }], characters }, [{ day: '2026-11-29', ...sum }]).split('\r\n'),
  ).toEqual([
    'by,name,calls,input_tokens,cached_tokens,output_tokens,cost_usd,calls_without_price',
    `day,2026-11-29,${figures}`,
    `model,openai:gpt-5.4-mini,${figures}`,
    `character,"Ada, ""the"" first",${figures}`,
    `character,'=1+1,${figures}`,
    `character,'-2,${figures}`,
    '',
  ]);
});
