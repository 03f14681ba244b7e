import type { BudgetView } from '@parley/contracts';
import { amountOf } from '../../components/ui/amounts.js';
import { clockTime } from '../../components/time/time.js';

const subjects: Record<BudgetView['scope'], string> = {
  person: 'Your',
  room: 'This room’s',
  character: 'This character’s',
  instance: 'This server’s',
};

/** `Your AI tokens for today`. @param person whose it is, where that is not the reader: `@bo` */
export function budgetName({ scope, span, unit }: BudgetView, person?: string): string {
  return `${scope === 'person' && person ? `${person}’s` : subjects[scope]} AI ${unit === 'tokens' ? 'tokens' : 'money'} for ${span === 'day' ? 'today' : 'this month'}`;
}

/** When a budget begins anew, on the reader's clock: `at 01:00`, `on 1 December at 01:00`. */
export function resetText({ span, resetsAt }: BudgetView, locale = 'en-GB'): string {
  const at = `at ${clockTime(resetsAt)}`;
  if (span === 'day') return at;
  return `on ${new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'long' }).format(new Date(resetsAt))} ${at}`;
}

/** How much of a budget is used, from 0 to 1. */
export function usedShare({ used, limit }: BudgetView): number {
  return Math.min(1, used / limit);
}

/** `38,400 of 100,000 tokens`, `$0.40 of $2.00`. */
export function usedText({ unit, used, limit }: BudgetView): string {
  return `${amountOf(unit, used)} of ${amountOf(unit, limit)}${unit === 'tokens' ? ' tokens' : ''}`;
}

/** The budget that will stop a call first: the fullest; of those, the one that is back last. */
export function nearestBudget(budgets: readonly BudgetView[]): BudgetView | null {
  const [first = null] = budgets.toSorted((a, b) => usedShare(b) - usedShare(a) || b.resetsAt.localeCompare(a.resetsAt));
  return first;
}

/** What stands where one writes, in one sentence or two. */
export function meterText(budget: BudgetView): string {
  const money = budget.unit === 'cost';
  const back = `${money ? 'It comes' : 'They come'} back ${resetText(budget)}.`;
  if (budget.used >= budget.limit) return `${budgetName(budget)} ${money ? 'is' : 'are'} used up. ${back}`;
  // Rounded down: what is not used up is never said to be.
  return `${Math.floor(usedShare(budget) * 100)} % of ${budgetName(budget).replace(/^(?:Your|This)/, (word) => word.toLowerCase())} ${money ? 'is' : 'are'} used. ${back}`;
}
