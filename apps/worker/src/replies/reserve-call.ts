import type { BudgetCap } from '@parley/contracts';
import type { CallEstimate, Reservation } from '@parley/core/jobs/ai-budget';
import { budgetWords } from '@parley/core/jobs/budget-words';
import type { ReplyTask } from '@parley/core/jobs/claimed-reply';
import { ModelError, ModelFailed, toReplyFailure } from '../models/model-errors.js';
import { Interruption } from './attempt-outcome.js';

type Payers = Pick<ReplyTask, 'askedBy' | 'paidBy'>;

/**
 * Counts a call before it is opened.
 *
 * @throws ModelFailed AI_BUDGET_EXCEEDED; Interruption `fenced` if the attempt is over
 */
export async function reserveCall(task: Payers, most: CallEstimate, reserve: (most: CallEstimate) => Promise<Reservation>): Promise<void> {
  const reservation = await reserve(most);
  switch (reservation.kind) {
    case 'reserved':
      return;
    case 'refused':
      throw budgetExceeded(task, reservation.cap, most);
    case 'fenced':
      throw new Interruption('fenced');
  }
}

function budgetExceeded({ askedBy, paidBy }: Payers, cap: BudgetCap, most: CallEstimate): ModelFailed {
  const message = budgetWords(cap, paidBy === askedBy.id ? 'reader' : 'other', most[cap.unit]);
  return new ModelFailed(toReplyFailure(new ModelError('AI_BUDGET_EXCEEDED', message), false));
}
