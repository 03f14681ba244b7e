import type { IncomingHttpHeaders } from 'node:http';
import {
  countOrNull,
  header,
  objectsOf,
  sse,
  stringOrNull,
  textOf,
  toolOf,
  turnOf,
  type AnswerPart,
  type Protocol,
  type Refusal,
} from './protocol.js';
import type { ModelFinish, ModelRefusal, ModelUsage, SentTurn } from './script.js';

/** `POST /v1/messages` and `GET /v1/models`, as Anthropic documents them (docs.anthropic.com, "Streaming Messages", "Tool use", "Errors"). */
export const anthropic: Protocol = {
  name: 'anthropic',
  matches: (path) => (path === '/v1/messages' ? { model: '', stream: null } : null),
  read(body, headers) {
    const system: SentTurn[] = body['system'] === undefined ? [] : [{ role: 'system', text: textOf(body['system']) }];
    return {
      model: body.model ?? '',
      stream: body['stream'] === true,
      turns: [...system, ...objectsOf(body['messages']).flatMap(turnsOfMessage)],
      tools: objectsOf(body['tools']).map((tool) => toolOf(tool, tool['input_schema'])),
      temperature: body.temperature ?? null,
      maxTokens: countOrNull(body['max_tokens']),
      key: keyOf(headers),
    };
  },
  answer({ index, model }, usage) {
    const event = (type: string, fields: object = {}): string => sse({ type, ...fields }, type);
    let block = -1;
    let open: 'text' | 'thinking' | 'tool_use' | null = null;
    const close = (): string => {
      if (open === null) return '';
      open = null;
      return event('content_block_stop', { index: block });
    };
    const start = (kind: 'text' | 'thinking' | 'tool_use', content: object): string => {
      if (open === kind && kind !== 'tool_use') return '';
      const before = close();
      open = kind;
      block++;
      return before + event('content_block_start', { index: block, content_block: { type: kind, ...content } });
    };
    const delta = (fields: object): string => event('content_block_delta', { index: block, delta: fields });
    return {
      begin: () =>
        event('message_start', {
          message: {
            id: `msg_${index}`,
            type: 'message',
            role: 'assistant',
            model,
            content: [],
            stop_reason: null,
            stop_sequence: null,
            usage: { ...usageOf(usage), output_tokens: 1 },
          },
        }) + event('ping'),
      text: (text) => start('text', { text: '' }) + delta({ type: 'text_delta', text }),
      reasoning: (thinking) => start('thinking', { thinking: '', signature: '' }) + delta({ type: 'thinking_delta', thinking }),
      call: ({ id, name, arguments: given }) =>
        start('tool_use', { id, name, input: {} }) + delta({ type: 'input_json_delta', partial_json: JSON.stringify(given) }),
      error: ({ message, type }) => event('error', { error: { type: type ?? 'api_error', message } }),
      finish: (reason, { completionTokens }) =>
        close() +
        event('message_delta', {
          delta: { stop_reason: stopReasons[reason], stop_sequence: null },
          usage: { output_tokens: completionTokens },
        }) +
        event('message_stop'),
    };
  },
  whole: ({ index, model }, parts, reason, usage) => ({
    id: `msg_${index}`,
    type: 'message',
    role: 'assistant',
    model,
    content: blocksOf(parts),
    stop_reason: stopReasons[reason],
    stop_sequence: null,
    usage: usageOf(usage),
  }),
  refuse(refusal, { message, retryAfterSeconds }): Refusal {
    const known = refusals[refusal];
    return {
      status: known.status,
      body: { type: 'error', error: { type: known.type, message: message ?? known.message }, request_id: 'req_0' },
      ...(retryAfterSeconds === undefined ? {} : { headers: { 'retry-after': String(retryAfterSeconds) } }),
    };
  },
  error: (_, { message, type }) => ({ type: 'error', error: { type: type ?? 'api_error', message } }),
  lists(path, headers) {
    // OpenAI's list has the same path.
    if (header(headers, 'anthropic-version') === null) return null;
    if (path === '/v1/models') return { model: null };
    return path.startsWith('/v1/models/') ? { model: path.slice('/v1/models/'.length) } : null;
  },
  keyOf,
  list: (models) => ({
    data: models.map((model) => anthropic.describe(model)),
    has_more: false,
    first_id: models[0] ?? null,
    last_id: models.at(-1) ?? null,
  }),
  describe: (id) => ({ type: 'model', id, display_name: id, created_at: '1970-01-01T00:00:00Z' }),
};

function keyOf(headers: IncomingHttpHeaders): string | null {
  return header(headers, 'x-api-key');
}

/** What tools gave stands in a turn of the user, before its text. */
function turnsOfMessage({ role, content }: Record<string, unknown>): SentTurn[] {
  const blocks = objectsOf(content);
  const results = blocks
    .filter(({ type }) => type === 'tool_result')
    .map((block): SentTurn => ({
      role: 'tool',
      text: textOf(block['content']),
      resultOf: { id: stringOrNull(block['tool_use_id']), name: null },
    }));
  const calls = blocks
    .filter(({ type }) => type === 'tool_use')
    .map(({ id, name, input }) => ({ id: stringOrNull(id), name: String(name), arguments: input }));
  const text = textOf(typeof content === 'string' ? content : blocks.filter(({ type }) => type === 'text'));
  if (results.length > 0 && text === '') return results;
  return [...results, turnOf(role as SentTurn['role'], text, calls)];
}

/** The blocks of an answer that is not streamed: neighbours of one kind are one block. */
function blocksOf(parts: readonly AnswerPart[]): object[] {
  const blocks: { type: string; text?: string; thinking?: string }[] = [];
  for (const part of parts) {
    if ('call' in part) {
      const { id, name, arguments: input } = part.call;
      blocks.push({ type: 'tool_use', ...{ id, name, input } });
      continue;
    }
    const last = blocks.at(-1);
    if ('text' in part) {
      if (last?.type === 'text') last.text += part.text;
      else blocks.push({ type: 'text', text: part.text });
    } else if (last?.type === 'thinking') last.thinking += part.reasoning;
    else blocks.push({ type: 'thinking', thinking: part.reasoning, ...{ signature: '' } });
  }
  return blocks;
}

/** Anthropic counts what it read from its cache apart. */
function usageOf({ promptTokens, completionTokens, cachedTokens }: ModelUsage): object {
  return {
    input_tokens: promptTokens - (cachedTokens ?? 0),
    output_tokens: completionTokens,
    ...(cachedTokens === undefined ? {} : { cache_read_input_tokens: cachedTokens, cache_creation_input_tokens: 0 }),
  };
}

const stopReasons: Record<ModelFinish, string> = {
  stop: 'end_turn',
  length: 'max_tokens',
  content_filter: 'refusal',
  tool_calls: 'tool_use',
};

const refusals: Record<ModelRefusal, { status: number; type: string; message: string }> = {
  bad_key: { status: 401, type: 'authentication_error', message: 'invalid x-api-key' },
  rate_limit: {
    status: 429,
    type: 'rate_limit_error',
    message: 'This request would exceed your organization’s rate limit of 50,000 input tokens per minute.',
  },
  no_credit: {
    status: 400,
    type: 'invalid_request_error',
    message: 'Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or purchase credits.',
  },
  overloaded: { status: 529, type: 'overloaded_error', message: 'Overloaded' },
  context_too_long: { status: 400, type: 'invalid_request_error', message: 'prompt is too long: 215000 tokens > 200000 maximum' },
  content_filter: { status: 400, type: 'invalid_request_error', message: 'Output blocked by content filtering policy' },
  unknown_model: { status: 404, type: 'not_found_error', message: 'model: scripted' },
};
