import { agentModel, builtInProvider } from '@parley/contracts';
import type { Usage } from '@parley/contracts';
import type { Spent } from '@parley/core/jobs/model-prices';
import { loadConversation } from '@parley/core/memory/load-conversation';
import { ambientMessages, ambientOutputTokens, ambientPrompt, saysYes } from '@parley/core/prompts/ambient-prompt';
import { estimatePromptTokens } from '@parley/core/prompts/build-prompt';
import { promptMessageOf } from '@parley/core/prompts/prompt-context-of';
import { ambientJobs, type AmbientEnd, type AmbientTask } from '@parley/core/replies/ambient-sink';
import { firstId } from '@parley/core/protocol/sweep-step';
import type { AttemptOutcome } from './attempt-outcome.js';
import { CallCost } from './call-cost.js';
import { keepLease } from './keep-lease.js';
import { paidModelOf } from './prepare-call.js';
import { reserveCall } from './reserve-call.js';
import type { RunnerDeps } from './runner-deps.js';
import { textWriter } from './write-text.js';

/**
 * Finds out whether a character has something to say, by one short call to its model, and has it speak if so. Where that fails, or would
 * cost more than there is, it is silent: nobody asked. Never rejects.
 *
 * @param handBack aborted when this process must stop
 */
export async function runAmbient(deps: RunnerDeps, claim: AmbientTask, handBack: AbortSignal): Promise<AttemptOutcome> {
  const { claimant, quietLog } = deps;
  const over = new AbortController();
  const lease = keepLease({
    renew: () => ambientJobs.renew(deps, claim, claimant),
    intervalMs: claimant.leaseMs / 3,
    onFenced: () => over.abort(new Error('another attempt asks')),
    onStopRequested: () => over.abort(new Error('the AI of the room was paused')),
    onError: (error) => quietLog.warn('cannot renew the lease of a question to a character', error),
  });
  const end: AmbientEnd = { speaks: false, usage: null };
  let outcome: AttemptOutcome = 'complete';
  try {
    await decide(deps, claim, AbortSignal.any([over.signal, handBack]), end);
  } catch (error) {
    if (handBack.aborted) outcome = 'handed_back';
    else {
      quietLog.warn('could not find out whether a character has something to say', error);
      outcome = over.signal.aborted ? 'fenced' : 'failed';
    }
  }
  try {
    if (outcome === 'handed_back') await ambientJobs.handBack(deps, claim, { ...end, content: '', model: null });
    else await ambientJobs.end(deps, claim, end);
  } catch (error) {
    quietLog.warn('could not write whether a character speaks; another attempt asks once the lease lapses', error);
    outcome = 'abandoned';
  } finally {
    lease.stop();
  }
  return outcome;
}

/** Without a model to ask, a question alone is no reason to speak: the rule that found it knows nothing of what it is about. */
const causesWithoutModel = ['name', 'words'];

async function decide(deps: RunnerDeps, claim: AmbientTask, signal: AbortSignal, end: AmbientEnd): Promise<void> {
  const { settings, models } = deps;
  if (claim.character.model === agentModel) return void (end.speaks = causesWithoutModel.includes(claim.cause));
  const resolved = models.resolve(claim.character.model, claim.character.providers);
  if (resolved.model.provider === builtInProvider) return void (end.speaks = causesWithoutModel.includes(claim.cause));
  // The message that may be answered is one of those shown, not apart from them.
  const whole = { ...claim, request: { ...claim.request, trigger: { ...claim.request.trigger, messageId: firstId } } };
  const conversation = await loadConversation(deps, whole, { limit: ambientMessages, scope: null });
  if (conversation.length === 0) return;
  const prompt = ambientPrompt(
    claim,
    conversation.map((message) => promptMessageOf(claim, message)),
  );
  const cost = new CallCost(estimatePromptTokens(prompt), paidModelOf(resolved, settings));
  const most = cost.most(ambientOutputTokens);
  await reserveCall(claim, most, () => ambientJobs.reserve(deps, claim, most, settings.budgets));
  const write = textWriter(resolved, settings, signal, models.secrets, deps, { maxOutputTokens: ambientOutputTokens });
  try {
    end.speaks = saysYes(await write(prompt, cost));
  } finally {
    const used: { usage: Usage; spent: Spent } = { usage: cost.usage, spent: cost.spent };
    Object.assign(end, used);
  }
}
