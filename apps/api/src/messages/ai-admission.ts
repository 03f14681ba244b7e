import { checkAiBudget, type Actor, type AiCall } from '@parley/core';
import type { ApiServices } from '../services.js';

/**
 * What lets one send call the AI: the asker's calls per minute, counted once however often the send is tried, and for a command the tokens
 * of their day. Those of a mention are the worker's to check, who knows whether its model costs any.
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
