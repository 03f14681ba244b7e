import { noLimits, type BudgetLimit, type BudgetLimits, type BudgetScope } from '@parley/contracts';

/** Limits of what is named, and none of the rest. */
export function limitedTo(limits: Partial<Record<BudgetScope, Partial<BudgetLimit>>>): BudgetLimits {
  const of = (scope: BudgetScope): BudgetLimit => ({ ...noLimits[scope], ...limits[scope] });
  return { person: of('person'), room: of('room'), character: of('character'), instance: of('instance') };
}

/** A limit of the tokens of each person's day. */
export function tokensADay(dayTokens: number): BudgetLimits {
  return limitedTo({ person: { dayTokens } });
}
