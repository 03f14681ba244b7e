import type { LanguageModelV3CallOptions } from '@ai-sdk/provider';
import { AppError } from '@parley/contracts';
import { checkAiBudget, loadConversation, type CoreDeps, type ReplyTask } from '@parley/core';
import { builtInProvider, builtInPrompt } from '../models/built-in/prompt-codec.js';
import { summarise } from '../models/built-in/summary.js';
import { ModelError, ModelFailed, toReplyFailure } from '../models/model-errors.js';
import type { Models, ResolvedModel } from '../models/providers.js';
import { taskOf } from '../models/task-of.js';
import { buildPrompt, estimatePromptTokens } from './build-prompt.js';
import { promptContextOf } from './prompt-context-of.js';
import { recallRoom } from './room-memory.js';
import type { ModelTimeLimits } from './stream-model.js';
import { textWriter } from './write-text.js';

export interface PrepareSettings extends ModelTimeLimits {
  /** Tokens a prompt may hold, by a conservative estimate. */
  maxPromptTokens: number;
  /** Tokens of paid models that one person may use in a day; 0: any number. */
  dailyTokens: number;
}

export interface PreparedCall {
  call: Omit<LanguageModelV3CallOptions, 'abortSignal'>;
  /** By estimate; 0 where the model costs nothing. */
  promptTokens: number;
}

/** Messages the built-in model searches and summarises. */
const builtInMessages = 500;

/**
 * What a model is asked for one reply: only what its character may know, within the budgets. A paid model is asked nothing for
 * someone whose tokens of the day are used up.
 *
 * @throws ModelFailed: AI_BUDGET_EXCEEDED, or what kept the model from summarising; the signal's reason; errors of the database
 */
export async function prepareCall(
  deps: CoreDeps & { models: Pick<Models, 'secrets'> },
  claimed: ReplyTask,
  { model }: ResolvedModel,
  settings: PrepareSettings,
  signal: AbortSignal,
): Promise<PreparedCall> {
  const { character, request } = claimed;
  const scope = request.scope ?? taskOf(request.trigger.kind).messages ?? null;
  const claim = { ...claimed, request: { ...request, scope } };
  if (model.provider === builtInProvider) {
    const conversation = await loadConversation(deps, claim, { limit: builtInMessages, scope });
    return { call: { prompt: [], providerOptions: builtInPrompt(promptContextOf(claim, conversation)) }, promptTokens: 0 };
  }
  await checkAiBudget(deps, claim.askedBy.id, settings.dailyTokens).catch((error: unknown) => {
    throw AppError.is(error, 'AI_BUDGET_EXCEEDED') ? new ModelFailed(toReplyFailure(new ModelError('AI_BUDGET_EXCEEDED'), false)) : error;
  });
  const empty = buildPrompt(promptContextOf(claim, [], ''), { maxTokens: settings.maxPromptTokens });
  const memory = await recallRoom(deps, claim, {
    maxTokens: settings.maxPromptTokens - estimatePromptTokens(empty),
    write: textWriter(model, settings, signal, deps.models.secrets),
    extract: (messages) => summarise({ ...promptContextOf(claim, []), messages }),
  });
  signal.throwIfAborted();
  const prompt = buildPrompt(promptContextOf(claim, memory.conversation, memory.earlier), { maxTokens: settings.maxPromptTokens });
  const { temperature } = character;
  return { call: { prompt, ...(temperature === null ? {} : { temperature }) }, promptTokens: estimatePromptTokens(prompt) };
}
