import { EndingTracker, type Ending, type WireAnswer, type WireProtocol } from './wire-protocol.js';
import { countOf, fieldsOf, itemsOf, sentError, textOf, type Fields } from './wire-values.js';

/** Messages, as Anthropic and gateways speak them. */
export const anthropicWire: WireProtocol = {
  adaptations: [],
  begin: () => new AnthropicAnswer(),
  errorBody: ({ message, type, code }) => ({ type: 'error', error: { type: errorTypes[code ?? ''] ?? type ?? 'api_error', message } }),
};

/** Anthropic's words for the statuses that gateways send. */
const errorTypes: Record<string | number, string> = {
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  529: 'overloaded_error',
};

class AnthropicAnswer implements WireAnswer {
  complete = false;
  readonly #ending = new EndingTracker();
  #begun = false;

  get ending(): Ending {
    return this.#ending.ending;
  }

  take(value: unknown): object[] {
    const fields = fieldsOf(value);
    const index = countOf(fields['index']);
    switch (fields['type']) {
      case 'message_start':
        // A gateway that tried twice begins twice, and the SDK would give up both.
        return this.#begun ? [] : [this.#start(fields['message'])];
      case 'content_block_start':
        return this.#content(block(index, fields['content_block'], false));
      case 'content_block_delta':
        return this.#content(delta(index, fields['delta']));
      case 'content_block_stop':
        return [{ type: 'content_block_stop', index }];
      case 'message_delta':
        return this.#end(fieldsOf(fields['delta'])['stop_reason'], fields['usage']);
      case 'message_stop':
        this.complete = true;
        return [];
      default: {
        const error = sentError(value);
        return error ? [anthropicWire.errorBody(error)] : [];
      }
    }
  }

  takeWhole(value: unknown): object[] {
    const fields = fieldsOf(value);
    if (fields['type'] !== 'message') return this.take(value);
    return [
      this.#start(value),
      ...this.#content(itemsOf(fields['content']).flatMap((content, index) => block(index, content, true))),
      ...this.#end(fields['stop_reason'], fields['usage']),
    ];
  }

  close(): object[] {
    return [...(this.ending === 'open' ? this.#end('end_turn', null) : []), { type: 'message_stop' }];
  }

  #start(message: unknown): object {
    const fields = fieldsOf(message);
    this.#begun = true;
    return {
      type: 'message_start',
      message: { id: textOf(fields['id']), model: textOf(fields['model']), usage: { input_tokens: 0, ...inputTokens(fields['usage']) } },
    };
  }

  #content(events: object[]): object[] {
    this.#ending.add({ content: events.length > 0, reason: false });
    return events;
  }

  #end(reason: unknown, usage: unknown): object[] {
    const stopReason = textOf(reason);
    this.#ending.add({ content: false, reason: stopReason !== null });
    return [
      {
        type: 'message_delta',
        delta: { stop_reason: stopReason, stop_sequence: null },
        usage: { output_tokens: countOf(fieldsOf(usage)['output_tokens']), ...inputTokens(usage) },
      },
    ];
  }
}

/** What the prompt cost: the part that was read from a cache, and all else. Nothing where no figure says it. */
function inputTokens(usage: unknown): { input_tokens?: number; cache_read_input_tokens?: number } {
  const fields = fieldsOf(usage);
  const cached = countOf(fields['cache_read_input_tokens']);
  const input = countOf(fields['input_tokens']) + countOf(fields['cache_creation_input_tokens']);
  return input + cached === 0 ? {} : { input_tokens: input, ...(cached > 0 && { cache_read_input_tokens: cached }) };
}

/** A block of text, of thought, or of a tool's call; any other is left out. */
function block(index: number, content: unknown, whole: boolean): object[] {
  const fields = fieldsOf(content);
  const kind = fields['type'];
  if (kind === 'tool_use') return toolUse(index, fields, whole);
  if (kind !== 'text' && kind !== 'thinking') return [];
  const start = { type: 'content_block_start', index, content_block: { type: kind, [kind]: '' } };
  const begun = textOf(fields[kind]);
  const said = begun === null ? [] : delta(index, { type: `${kind}_delta`, [kind]: begun });
  return [start, ...said, ...(whole ? [{ type: 'content_block_stop', index }] : [])];
}

function toolUse(index: number, { id, name, input }: Fields, whole: boolean): object[] {
  if (textOf(name) === null) return [];
  const start = {
    type: 'content_block_start',
    index,
    content_block: { type: 'tool_use', id: textOf(id) ?? `call_${index}`, name, input: {} },
  };
  const given = fieldsOf(input);
  const said = Object.keys(given).length > 0 ? delta(index, { partial_json: JSON.stringify(given) }) : [];
  return [start, ...said, ...(whole ? [{ type: 'content_block_stop', index }] : [])];
}

function delta(index: number, value: unknown): object[] {
  const fields = fieldsOf(value);
  const text = textOf(fields['text']);
  const thinking = textOf(fields['thinking']);
  const json = textOf(fields['partial_json']);
  if (json !== null) return [{ type: 'content_block_delta', index, delta: { type: 'input_json_delta', partial_json: json } }];
  if (text !== null) return [{ type: 'content_block_delta', index, delta: { type: 'text_delta', text } }];
  return thinking === null ? [] : [{ type: 'content_block_delta', index, delta: { type: 'thinking_delta', thinking } }];
}
