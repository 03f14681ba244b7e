/** What a budget is of. `person` is whoever pays, `instance` everyone together. In the order in which their counters are locked. */
export const budgetScopes = ['person', 'room', 'character', 'instance'] as const;
export type BudgetScope = (typeof budgetScopes)[number];

/** How long a budget lasts; both are of UTC. */
export const budgetSpans = ['day', 'month'] as const;
export type BudgetSpan = (typeof budgetSpans)[number];

/** Money is counted in whole millionths of a dollar: a token costs a few of them, and no sum of them is ever rounded. */
export const microsPerDollar = 1_000_000;

/** The most that one scope may use. Costs are in millionths of a dollar; 0: any amount. */
export interface BudgetLimit {
  dayTokens: number;
  monthTokens: number;
  dayCost: number;
  monthCost: number;
}

export interface BudgetLimits extends Record<BudgetScope, BudgetLimit> {
  /** What the summaries of one room may use in a day, in tokens. Nobody asks for them, so no person pays. @default any amount */
  summaryDayTokens?: number;
}

const noLimit: BudgetLimit = { dayTokens: 0, monthTokens: 0, dayCost: 0, monthCost: 0 };

/** Where nothing is limited. */
export const noLimits: BudgetLimits = { person: noLimit, room: noLimit, character: noLimit, instance: noLimit };

/** A limit that a call would pass. */
export interface BudgetCap {
  scope: BudgetScope | 'summaries';
  span: BudgetSpan;
  unit: 'tokens' | 'cost';
  /** In tokens, or in millionths of a dollar. */
  limit: number;
  /** With what calls under way may use at most. */
  used: number;
  /** Until the span ends. */
  retryAfterMs: number;
}
