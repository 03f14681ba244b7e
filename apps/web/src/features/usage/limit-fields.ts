import { microsPerDollar, type SetLimits } from '@parley/contracts';

/** Limits as a form holds them; empty: none. */
export type LimitFields = Record<keyof SetLimits, string>;

export const limitNames = ['dayTokens', 'monthTokens', 'dayCost', 'monthCost'] as const satisfies readonly (keyof SetLimits)[];

/** The most that the server takes, in tokens and in millionths of a dollar. */
const most = 1_000_000_000 * microsPerDollar;

export function limitFieldsOf(limits: SetLimits): LimitFields {
  const text = (name: keyof SetLimits) => {
    const limit = limits[name];
    if (limit === null) return '';
    return String(name.endsWith('Cost') ? limit / microsPerDollar : limit);
  };
  return { dayTokens: text('dayTokens'), monthTokens: text('monthTokens'), dayCost: text('dayCost'), monthCost: text('monthCost') };
}

/** Reads a field; thousands may be grouped, and the cents of an amount stand after a point or a comma. @returns undefined if it is no amount */
export function readLimit(name: keyof SetLimits, typed: string): number | null | undefined {
  const isCost = name.endsWith('Cost');
  const written = typed.trim().replace(/^\$\s?/, '');
  // A point in an amount of money is never for thousands, and neither is anything behind a nought: 0.125.
  const grouping = isCost ? /[\s_,’'](?=\d{3}(?!\d))/g : /[\s_,.’'](?=\d{3}(?!\d))/g;
  const text = written.startsWith('0') ? written : written.replaceAll(grouping, '');
  if (text === '') return null;
  if (!(isCost ? /^\d{1,9}(?:[.,]\d{1,6})?$/ : /^\d{1,15}$/).test(text)) return undefined;
  const amount = isCost ? Math.round(Number(text.replace(',', '.')) * microsPerDollar) : Number(text);
  return amount >= 1 && amount <= most ? amount : undefined;
}
