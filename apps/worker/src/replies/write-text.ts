import type { LanguageModelV3Prompt } from '@ai-sdk/provider';
import { sentText } from '@parley/contracts/markdown';
import { ModelFailed, toReplyFailure } from '../models/model-errors.js';
import type { ResolvedModel } from '../models/providers.js';
import type { CallCost } from './call-cost.js';
import { watchModelCall, type ModelCallDeps } from './model-calls.js';
import { streamModel, type ModelTimeLimits } from './stream-model.js';
import { TextStream } from '@parley/core/replies/text-stream';

/**
 * Lets a model write a text that nobody watches. Null where the model writes nothing, refuses the content or cannot take so much of it:
 * asking again would not help. `cost` is told what the call costs, however it ends.
 */
export type WriteText = (prompt: LanguageModelV3Prompt, cost: CallCost) => Promise<string | null>;

/** The most bytes of a text, enough for any notes; a model that goes on beyond this is stopped. */
const maxBytes = 64 * 1024;

/**
 * Makes a writer that uses this model.
 *
 * @param secrets keys that must stay out of the log
 * @param options of each call
 * @throws (the writer) ModelFailed, unless the writer gives null; the signal's reason
 */
export function textWriter(
  { model, habit, name }: ResolvedModel,
  limits: ModelTimeLimits,
  signal: AbortSignal,
  secrets: readonly string[],
  watched: ModelCallDeps,
  options: { maxOutputTokens?: number } = {},
): WriteText {
  return async (prompt, cost) => {
    let text = new TextStream(maxBytes);
    try {
      await streamModel({
        model,
        call: { prompt, ...options },
        limits,
        signal,
        habit,
        cost,
        watch: watchModelCall(watched, name),
        onTakenBack: () => {
          text = new TextStream(maxBytes);
        },
        onText: (chunk) => {
          text.push(chunk);
          return !text.full;
        },
      });
      text.end();
      return sentText(text.text) === '' ? null : text.text;
    } catch (error) {
      if (signal.aborted) throw error;
      const failure = toReplyFailure(error, text.text !== '', secrets);
      if (failure.code === 'CONTENT_FILTERED' || failure.code === 'CONTEXT_TOO_LONG') return null;
      throw new ModelFailed(failure);
    }
  };
}
