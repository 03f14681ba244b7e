import type { OperationName } from '@parley/contracts';
import { checkAiBudget } from '@parley/core/jobs/ai-budget';
import type { AiCall } from '@parley/core/messages/plan-message';
import type { Actor } from '@parley/core/sessions/actor';
import { consumeLimits, type Caller as LimitedCaller } from '../limits/consume-limits.js';
import type { ApiServices } from '../services.js';

/**
 * Lets one send call the AI. It counts the send against the AI limit of its row, once however often the send is tried, and checks the
 * asker's daily tokens for a command. For a mention the worker checks the tokens, because only the worker knows whether the model costs any.
 *
 * @param operation the one whose row names the limit
 * @returns a function that throws AppError RATE_LIMITED or AI_BUDGET_EXCEEDED with `retryAfterMs`, or UNAVAILABLE where nobody can count
 */
export function aiAdmission(
  services: ApiServices,
  caller: LimitedCaller & { actor: Actor },
  operation: OperationName = 'messages.send',
): (call: AiCall) => Promise<void> {
  const { core, env } = services;
  let admitted: Promise<void> | undefined;
  const admit = async (call: AiCall) => {
    await consumeLimits(services, operation, caller, 'aiLimit');
    if (call === 'command') await checkAiBudget(core, caller.actor.userId, env.AI_DAILY_TOKENS_PER_USER);
  };
  return (call) => (admitted ??= admit(call));
}
