import type { Reservation } from '@parley/core/jobs/ai-budget';
import type { ReplyTask } from '@parley/core/jobs/claimed-reply';
import { ModelError, ModelFailed, toReplyFailure } from '../models/model-errors.js';
import { Interruption } from './attempt-outcome.js';

type Payers = Pick<ReplyTask, 'askedBy' | 'paidBy'>;

/**
 * Counts a call before it is opened.
 *
 * @throws ModelFailed AI_BUDGET_EXCEEDED; Interruption `fenced` if the attempt is over
 */
export async function reserveCall(task: Payers, reserve: () => Promise<Reservation>): Promise<void> {
  switch (await reserve()) {
    case 'reserved':
      return;
    case 'refused':
      throw budgetExceeded(task);
    case 'fenced':
      throw new Interruption('fenced');
  }
}

function budgetExceeded({ askedBy, paidBy }: Payers): ModelFailed {
  const message =
    paidBy === askedBy.id ? undefined : 'The AI tokens that pay for this reply are used up for today. They come back at midnight UTC.';
  return new ModelFailed(toReplyFailure(new ModelError('AI_BUDGET_EXCEEDED', message), false));
}
