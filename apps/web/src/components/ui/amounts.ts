import { microsPerDollar } from '@parley/contracts';

/** `38,400`. */
export const whole = new Intl.NumberFormat('en-GB');

/** `$1.20`; with two digits more below a cent, so that a cheap call is not shown as free. @param micros millionths of a dollar */
export function dollars(micros: number): string {
  return `$${(micros / microsPerDollar).toFixed(micros > 0 && micros < 10_000 ? 4 : 2)}`;
}

/** An amount of what a budget counts. */
export function amountOf(unit: 'tokens' | 'cost', amount: number): string {
  return unit === 'cost' ? dollars(amount) : whole.format(amount);
}
