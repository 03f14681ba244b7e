import type { CompletionEvent, Usage } from '@parley/contracts';

type Begun = Extract<CompletionEvent, { type: 'begun' }>;
export type FinishReason = Extract<CompletionEvent, { type: 'end' }>['reason'];

/** The whole answer to a call that is not streamed. */
export function chatCompletion(begun: Begun, content: string, reason: FinishReason, usage: Usage): object {
  return {
    ...head(begun, 'chat.completion'),
    choices: [{ index: 0, message: { role: 'assistant', content, refusal: null }, logprobs: null, finish_reason: reason }],
    usage: usageOf(usage),
  };
}

/** Makes the chunks of one answer. */
export class ChatChunks {
  readonly #begun: Begun;
  readonly #includeUsage: boolean;

  constructor(begun: Begun, { includeUsage }: { includeUsage: boolean }) {
    this.#begun = begun;
    this.#includeUsage = includeUsage;
  }

  first(): Buffer {
    return this.#chunk({ role: 'assistant', content: '', refusal: null }, null);
  }

  text(content: string): Buffer {
    return this.#chunk({ content }, null);
  }

  end(reason: FinishReason, usage: Usage): Buffer {
    const last = this.#includeUsage ? [{ ...head(this.#begun, 'chat.completion.chunk'), choices: [], usage: usageOf(usage) }] : [];
    return Buffer.concat([this.#chunk({}, reason), ...last.map(dataBlock), Buffer.from('data: [DONE]\n\n')]);
  }

  #chunk(delta: object, reason: FinishReason | null): Buffer {
    return dataBlock({
      ...head(this.#begun, 'chat.completion.chunk'),
      choices: [{ index: 0, delta, logprobs: null, finish_reason: reason }],
      ...(this.#includeUsage && { usage: null }),
    });
  }
}

/** A block of the stream. */
export function dataBlock(data: object): Buffer {
  return Buffer.from(`data: ${JSON.stringify(data)}\n\n`);
}

function head({ id, model, createdAt }: Begun, object: string): object {
  return { id: `chatcmpl-${id}`, object, created: Math.floor(Date.parse(createdAt) / 1000), model };
}

function usageOf({ inputTokens, outputTokens }: Usage): object {
  return { prompt_tokens: inputTokens, completion_tokens: outputTokens, total_tokens: inputTokens + outputTokens };
}
