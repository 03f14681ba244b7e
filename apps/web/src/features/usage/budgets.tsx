import type { BudgetView } from '@parley/contracts';
import { budgetName, resetText, usedShare, usedText } from './budget-text.js';
import { ShareBar } from './share-bar.js';

/** How much of each limit is used, and when it begins anew. @param person whose limits they are, where that is not the reader: `@bo` */
export function Budgets({ budgets, person }: { budgets: readonly BudgetView[]; person: string | undefined }) {
  if (budgets.length === 0) return null;
  return (
    <section aria-label="Limits">
      <h2 className="mb-3 border-b border-line pb-1.5 text-15 font-bold">Limits</h2>
      <ul className="grid grid-cols-2 gap-x-8 gap-y-4 max-wide:grid-cols-1">
        {budgets.map((budget) => {
          const share = usedShare(budget);
          return (
            <li key={`${budget.scope} ${budget.span} ${budget.unit}`}>
              <p className="mb-1.5 text-13 font-medium text-ink-2">{budgetName(budget, person)}</p>
              <ShareBar share={share} isFull={share === 1} />
              <p className="mt-1 flex items-baseline gap-3 text-13 text-ink-2">
                <span className="mr-auto">{usedText(budget)}</span>
                <span className="font-medium text-ink tabular-nums">{Math.floor(share * 100)} %</span>
              </p>
              <p className="text-12 text-ink-3">
                {share === 1 ? 'Used up. It' : 'It'} begins anew {resetText(budget)}.
              </p>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
