import { budgetLimitsOf, type OperationName } from '@parley/contracts';
import { checkAiBudget } from '@parley/core/jobs/ai-budget';
import type { AiCall } from '@parley/core/messages/plan-message';
import type { Actor } from '@parley/core/sessions/actor';
import { consumeLimits, type Caller as LimitedCaller } from '../limits/consume-limits.js';
import type { ApiServices } from '../services.js';

/**
 * Lets one send call the AI. It counts the send against the AI limit of its row, once however often the send is tried, and checks the
 * budgets of the asker, the room and the instance for a command. For a mention the worker checks them, because only the worker knows whether the model costs any.
 *
 * @param operation the one whose row names the limit @param roomId where the answer is written; null if in no room
 * @returns a function that throws AppError RATE_LIMITED or AI_BUDGET_EXCEEDED with `retryAfterMs`, or UNAVAILABLE where nobody can count
 */
export function aiAdmission(
  services: ApiServices,
  caller: LimitedCaller & { actor: Actor },
  operation: OperationName = 'messages.send',
  roomId: string | null = null,
): (call: AiCall) => Promise<void> {
  const { core, env } = services;
  let admitted: Promise<void> | undefined;
  const admit = async (call: AiCall) => {
    await consumeLimits(services, operation, caller, 'aiLimit');
    if (call === 'command') await checkAiBudget(core, { userId: caller.actor.userId, roomId }, budgetLimitsOf(env));
  };
  return (call) => (admitted ??= admit(call));
}
