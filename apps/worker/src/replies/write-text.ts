import type { LanguageModelV3, LanguageModelV3Prompt } from '@ai-sdk/provider';
import type { Usage } from '@parley/contracts';
import { ModelFailed, toReplyFailure } from '../models/model-errors.js';
import { estimatePromptTokens, estimateTokens } from './build-prompt.js';
import { streamModel, type ModelTimeLimits } from './stream-model.js';
import { TextStream } from './text-stream.js';

export interface WrittenText {
  text: string;
  usage: Usage;
}

/** Has a text written that nobody watches. Null where the model refuses this content, so that asking again would not help. */
export type WriteText = (prompt: LanguageModelV3Prompt) => Promise<WrittenText | null>;

/** Enough for any notes; a model that does not stop is stopped. */
const maxBytes = 64 * 1024;

/**
 * @param secrets keys, to be kept out of the log
 * @throws (the writer) ModelFailed, other than for a refusal of the content; the signal's reason
 */
export function textWriter(model: LanguageModelV3, limits: ModelTimeLimits, signal: AbortSignal, secrets: readonly string[]): WriteText {
  return async (prompt) => {
    const text = new TextStream(maxBytes);
    try {
      const { usage } = await streamModel({
        model,
        call: { prompt },
        limits,
        signal,
        onText: (chunk) => {
          text.push(chunk);
          return !text.full;
        },
      });
      text.end();
      if (text.text.trim() === '') return null;
      return {
        text: text.text,
        usage: usage ?? { inputTokens: estimatePromptTokens(prompt), outputTokens: estimateTokens(text.text) },
      };
    } catch (error) {
      if (signal.aborted) throw error;
      const failure = toReplyFailure(error, text.text !== '', secrets);
      if (failure.code === 'CONTENT_FILTERED' || failure.code === 'CONTEXT_TOO_LONG') return null;
      throw new ModelFailed(failure);
    }
  };
}
