import { checkAiBudget, type Actor, type AiCall } from '@parley/core';
import type { ApiServices } from '../services.js';

/**
 * Lets one send call the AI. It counts the asker's calls per minute, once however often the send is tried, and checks their daily tokens
 * for a command. For a mention the worker checks the tokens, because only the worker knows whether the model costs any.
 *
 * @returns a function that throws AppError RATE_LIMITED or AI_BUDGET_EXCEEDED with `retryAfterMs`, or UNAVAILABLE where nobody can count
 */
export function aiAdmission({ core, env, limits, limitRules }: ApiServices, { userId }: Actor): (call: AiCall) => Promise<void> {
  let admitted: Promise<void> | undefined;
  const admit = async (call: AiCall) => {
    await limits.consume(limitRules.ai, userId);
    if (call === 'command') await checkAiBudget(core, userId, env.AI_DAILY_TOKENS_PER_USER);
  };
  return (call) => (admitted ??= admit(call));
}
