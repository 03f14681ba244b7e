import type { Adaptation } from './adapting-fetch.js';
import { FollowedChoice } from './followed-choice.js';
import { EndingTracker, type Ending, type WireAnswer, type WireProtocol } from './wire-protocol.js';
import { countOf, fieldsOf, itemsOf, sentError, textOf, type Fields } from './wire-values.js';

/** OpenAI's reasoning models want the limit of the output by a newer name, which other servers do not know. */
const outputLimit: Adaptation = {
  refused: (message) => message.includes('max_completion_tokens'),
  apply: (body) => {
    if (!('max_tokens' in body)) return body;
    const { max_tokens: limit, ...rest } = body;
    return { ...rest, max_completion_tokens: limit };
  },
};

/** The same models have one temperature only. */
const temperature: Adaptation = {
  refused: (message) => message.includes('temperature') && /unsupported|not support|deprecated/i.test(message),
  apply: (body) => {
    if (!('temperature' in body)) return body;
    const { temperature: _, ...rest } = body;
    return rest;
  },
};

/** Chat completions, as OpenAI and Ollama, vLLM, DeepSeek, and gateways speak them. */
export const openaiWire: WireProtocol = {
  adaptations: [outputLimit, temperature],
  begin: () => new OpenaiAnswer(),
  errorBody: (error) => ({ error }),
};

/** Reasons to end that some servers name otherwise. */
const finishReasons: Record<string, string> = { max_tokens: 'length', max_length: 'length', model_length: 'length', eos: 'stop' };
/** Reasons to end that are none: the server gave the answer up. */
const givenUp = ['error', 'abort', 'aborted', 'cancelled'];

class OpenaiAnswer implements WireAnswer {
  readonly #ending = new EndingTracker();
  readonly #followed = new FollowedChoice();
  /** Nothing but `[DONE]` is the end for sure: figures may come with every event, or after the reason to finish. */
  readonly complete = false;
  #refused = false;
  /** The ids of the calls of tools, by their number. */
  readonly #callIds: (string | undefined)[] = [];

  get ending(): Ending {
    return this.#ending.ending;
  }

  take(value: unknown): object[] {
    const fields = fieldsOf(value);
    const choices = Array.isArray(fields['choices']) ? fields['choices'] : null;
    const error = choices === null || fields['error'] ? sentError(value) : null;
    if (error) return [openaiWire.errorBody(error)];
    const choice = this.#followed.of(choices ?? []);
    return this.#chunks(choice, fieldsOf(choice['delta'] ?? choice['message']), fieldsOf(fields['usage'] ?? choice['usage']));
  }

  takeWhole(value: unknown): object[] {
    return this.take(value);
  }

  close(): object[] {
    return this.ending === 'open' ? [this.#finish('stop')] : [];
  }

  #chunks(choice: Fields, delta: Fields, usage: Fields): object[] {
    const parts = contentOf(delta['content'] ?? choice['text']);
    const refusal = textOf(delta['refusal']);
    if (refusal !== null) this.#refused = true;
    const reasoning = textOf(delta['reasoning_content']) ?? textOf(delta['reasoning']) ?? parts.reasoning;
    const content = parts.text + (refusal ?? '');
    const chunks: object[] = [];
    if (reasoning !== '') chunks.push(chunk({ reasoning_content: reasoning }));
    if (content !== '') chunks.push(chunk({ content }));
    const calls = this.#calls(itemsOf(delta['tool_calls']));
    if (calls.length > 0) chunks.push(chunk({ tool_calls: calls }));
    const counts = { prompt_tokens: countOf(usage['prompt_tokens']), completion_tokens: countOf(usage['completion_tokens']) };
    // DeepSeek has a word of its own for what it had kept of the prompt.
    const cached = countOf(fieldsOf(usage['prompt_tokens_details'])['cached_tokens']) || countOf(usage['prompt_cache_hit_tokens']);
    const details = cached > 0 ? { prompt_tokens_details: { cached_tokens: Math.min(cached, counts.prompt_tokens) } } : {};
    if (counts.prompt_tokens > 0 || counts.completion_tokens > 0) chunks.push({ choices: [], usage: { ...counts, ...details } });
    const reason = textOf(choice['finish_reason']);
    this.#ending.add({ content: reasoning !== '' || content !== '' || calls.length > 0, reason: reason !== null });
    if (reason !== null && givenUp.includes(reason))
      return [...chunks, openaiWire.errorBody({ message: `the server ended it: ${reason}` })];
    if (reason !== null) chunks.push(this.#finish(finishReasons[reason] ?? reason));
    return chunks;
  }

  /** The pieces of calls of tools. Some servers number no call, name none by an id, or send the arguments as an object. */
  #calls(pieces: readonly unknown[]): object[] {
    return pieces.flatMap((piece) => {
      const { index, id, function: said } = fieldsOf(piece);
      const { name, arguments: given } = fieldsOf(said);
      const begins = textOf(name) !== null;
      const at = typeof index === 'number' ? index : begins ? this.#callIds.length : Math.max(0, this.#callIds.length - 1);
      const isNew = this.#callIds[at] === undefined;
      if (isNew && !begins) return [];
      this.#callIds[at] ??= textOf(id) ?? `call_${at}`;
      const text = typeof given === 'string' ? given : given === undefined || given === null ? '' : JSON.stringify(given);
      return [{ index: at, id: this.#callIds[at], type: 'function', function: { ...(isNew ? { name } : {}), arguments: text } }];
    });
  }

  #finish(reason: string): object {
    return chunk({}, this.#refused && reason === 'stop' ? 'refusal' : reason);
  }
}

function chunk(delta: object, finishReason: string | null = null): object {
  return { choices: [{ index: 0, delta, finish_reason: finishReason }] };
}

/** Content is a text, or a list of parts: text, and thoughts as Mistral sends them. */
function contentOf(content: unknown): { text: string; reasoning: string } {
  if (!Array.isArray(content)) return { text: textOf(content) ?? '', reasoning: '' };
  const parts = content.map(fieldsOf);
  const joined = (kind: string, field: string): string =>
    parts
      .filter(({ type }) => type === kind)
      .map((part) => textOf(part[field]) ?? contentOf(itemsOf(part[field])).text)
      .join('');
  return { text: joined('text', 'text'), reasoning: joined('thinking', 'thinking') };
}
