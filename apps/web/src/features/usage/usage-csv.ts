import { microsPerDollar, type UsageReport, type UsageSum } from '@parley/contracts';
import type { UsageDay } from './usage-days.js';

const head = ['by', 'name', 'calls', 'input_tokens', 'cached_tokens', 'output_tokens', 'cost_usd', 'calls_without_price'];

/** A report as a table for other programs: a line for each day, model and character, told apart by the first column. */
export function usageCsv({ models, characters }: Pick<UsageReport, 'models' | 'characters'>, days: readonly UsageDay[]): string {
  const lines = [
    head,
    ...days.map((row) => line('day', row.day, row)),
    ...models.map((row) => line('model', row.model, row)),
    ...characters.map((row) => line('character', row.name, row)),
  ];
  return lines.map((fields) => `${fields.map(quoted).join(',')}\r\n`).join('');
}

function line(by: string, name: string, sum: UsageSum): string[] {
  const { calls, inputTokens, cachedTokens, outputTokens, cost, unpricedCalls } = sum;
  return [
    by,
    name,
    ...[calls, inputTokens, cachedTokens, outputTokens].map(String),
    (cost / microsPerDollar).toFixed(6),
    String(unpricedCalls),
  ];
}

/** By RFC 4180. A name of people that a spreadsheet would take for a formula is marked as text. */
function quoted(field: string): string {
  const text = /^[=+\-@\t\r]/.test(field) ? `'${field}` : field;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
