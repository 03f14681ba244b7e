import { inSlices } from '@parley/core/protocol/in-slices';
import { setTimeout as delay } from 'node:timers/promises';
import type {
  LanguageModelV3,
  LanguageModelV3CallOptions,
  LanguageModelV3FinishReason,
  LanguageModelV3StreamPart,
  LanguageModelV3Usage,
} from '@ai-sdk/provider';
import { builtInProvider } from '@parley/contracts';
import { readBuiltInPrompt } from './built-in-codec.js';
import type { PromptContext } from '@parley/core/prompts/prompt-context';
import { howToGetAModel } from '@parley/core/prompts/built-in/how-to-get-a-model';
import { taskOf } from '@parley/core/prompts/task-of';

export interface BuiltInModelOptions {
  /** How fast the model writes; 0 writes everything at once. @default 45 */
  wordsPerSecond?: number;
}

const finished: LanguageModelV3FinishReason = { unified: 'stop', raw: 'stop' };
const cut: LanguageModelV3FinishReason = { unified: 'length', raw: 'length' };

/** The built-in model costs no tokens, whoever asks. */
const noUsage: LanguageModelV3Usage = {
  inputTokens: { total: 0, noCache: 0, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total: 0, text: 0, reasoning: 0 },
};

/**
 * The model that needs no key. It writes no text of its own: for `/summary` it picks the sentences that say most of what the room said,
 * and it answers a question by quoting the messages that fit best. It streams word by word like other models, so that everything built
 * on streaming works, and can be tried, without an account at a provider. Calls must carry `builtInPrompt(context)`.
 */
export class BuiltInModel implements LanguageModelV3 {
  readonly specificationVersion = 'v3';
  readonly provider = builtInProvider;
  readonly modelId = 'extractive';
  readonly supportedUrls: Record<string, RegExp[]> = {};
  readonly #pauseMs: number;

  constructor(options: BuiltInModelOptions = {}) {
    const wordsPerSecond = options.wordsPerSecond ?? 45;
    this.#pauseMs = wordsPerSecond > 0 ? 1000 / wordsPerSecond : 0;
  }

  async doGenerate(options: LanguageModelV3CallOptions) {
    const text = await compose(readBuiltInPrompt(options), options.abortSignal);
    return { content: [{ type: 'text' as const, text }], finishReason: finished, usage: noUsage, warnings: [] };
  }

  async doStream(options: LanguageModelV3CallOptions) {
    options.abortSignal?.throwIfAborted();
    const text = await compose(readBuiltInPrompt(options), options.abortSignal);
    return { stream: streamWords(text, options.maxOutputTokens ?? Infinity, this.#pauseMs, options.abortSignal) };
  }
}

async function compose(context: PromptContext, signal: AbortSignal | undefined): Promise<string> {
  const text = await inSlices(taskOf(context.task.kind).compose(context), signal);
  return context.wish ? `${text}\n\n*The built-in model writes in one way only. For an answer as you wish it, ${howToGetAModel}.*` : text;
}

/** @param maxWords the most words, which count as tokens */
function streamWords(
  text: string,
  maxWords: number,
  pauseMs: number,
  abortSignal: AbortSignal | undefined,
): ReadableStream<LanguageModelV3StreamPart> {
  const id = 'text-0';
  const words = splitIntoWords(text);
  const pieces = words.slice(0, maxWords);
  const finishReason = pieces.length < words.length ? cut : finished;
  const cancelled = new AbortController();
  const signal = abortSignal ? AbortSignal.any([abortSignal, cancelled.signal]) : cancelled.signal;
  let next = 0;
  return new ReadableStream<LanguageModelV3StreamPart>(
    {
      start(controller) {
        controller.enqueue({ type: 'stream-start', warnings: [] });
        controller.enqueue({ type: 'text-start', id });
      },
      async pull(controller) {
        if (next > 0 && pauseMs > 0) await delay(pauseMs, undefined, { signal });
        signal.throwIfAborted();
        const delta = pieces[next++];
        if (delta !== undefined) {
          controller.enqueue({ type: 'text-delta', id, delta });
          return;
        }
        controller.enqueue({ type: 'text-end', id });
        controller.enqueue({ type: 'finish', usage: noUsage, finishReason });
        controller.close();
      },
      cancel() {
        cancelled.abort();
      },
    },
    { highWaterMark: 0 },
  );
}

/** Splits a text into words, each with the space before it. A source link stays one piece, and a long run without spaces comes in parts. */
export function splitIntoWords(text: string): string[] {
  // No label is longer than a name and a time, with every sign of them escaped.
  return text.match(/\s*(?:\[[^\]\n]{0,200}\]\((?:\/rooms\/[\w-]{1,64}\?at=\d{1,10})?#message-[\w-]{1,64}\)|\S{1,16})|\s+$/gu) ?? [];
}
