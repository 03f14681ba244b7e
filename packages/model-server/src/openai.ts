import type { IncomingHttpHeaders } from 'node:http';
import {
  countOrNull,
  header,
  objectOf,
  objectsOf,
  sorted,
  sse,
  stringOrNull,
  textOf,
  toolOf,
  turnOf,
  type AnswerCall,
  type Protocol,
  type Refusal,
} from './protocol.js';
import type { ModelRefusal, ModelUsage, SentTurn } from './script.js';

/**
 * `POST /v1/chat/completions` and `GET /v1/models`, as OpenAI documents them (platform.openai.com/docs/api-reference/chat) and as Ollama,
 * vLLM, DeepSeek and others speak them.
 */
export const openai: Protocol = {
  name: 'openai',
  matches: (path) => (path === '/v1/chat/completions' ? { model: '', stream: null } : null),
  read(body, headers) {
    return {
      model: body.model ?? '',
      stream: body['stream'] === true,
      turns: objectsOf(body['messages']).map(turnOfMessage),
      tools: objectsOf(body['tools']).map((tool) => toolOf(objectOf(tool['function']), objectOf(tool['function'])['parameters'])),
      temperature: body.temperature ?? null,
      maxTokens: countOrNull(body['max_tokens'] ?? body['max_completion_tokens']),
      key: keyOf(headers),
    };
  },
  answer({ index, model }) {
    const chunk = (fields: object): string =>
      sse({ id: `chatcmpl-${index}`, object: 'chat.completion.chunk', created: 0, model, ...fields });
    const delta = (fields: object): string => chunk({ choices: [{ index: 0, delta: fields, finish_reason: null }] });
    let calls = 0;
    return {
      begin: () => delta({ role: 'assistant', content: '' }),
      text: (text) => delta({ content: text }),
      reasoning: (text) => delta({ reasoning_content: text }),
      // The name comes first and the arguments after it, as from a model that writes them.
      call(call) {
        const number = calls++;
        const { function: said, ...rest } = callOf(call);
        return (
          delta({ tool_calls: [{ index: number, ...rest, function: { ...said, arguments: '' } }] }) +
          delta({ tool_calls: [{ index: number, function: { arguments: said.arguments } }] })
        );
      },
      error: (error) => sse({ error }),
      finish: (reason, usage) =>
        chunk({ choices: [{ index: 0, delta: {}, finish_reason: reason }] }) +
        chunk({ choices: [], usage: usageOf(usage) }) +
        sse('[DONE]'),
    };
  },
  whole({ index, model }, parts, reason, usage) {
    const { text, reasoning, calls } = sorted(parts);
    const message = {
      role: 'assistant',
      content: text === '' && calls.length > 0 ? null : text,
      ...(reasoning === '' ? {} : { reasoning_content: reasoning }),
      ...(calls.length === 0 ? {} : { tool_calls: calls.map(callOf) }),
    };
    return {
      id: `chatcmpl-${index}`,
      object: 'chat.completion',
      created: 0,
      model,
      choices: [{ index: 0, message, finish_reason: reason }],
      usage: usageOf(usage),
    };
  },
  refuse(refusal, { message, retryAfterSeconds }): Refusal {
    const { status, ...error } = refusals[refusal];
    return {
      status,
      body: { error: { ...error, ...(message === undefined ? {} : { message }), param: null } },
      ...(retryAfterSeconds === undefined ? {} : { headers: { 'retry-after': String(retryAfterSeconds) } }),
    };
  },
  error: (_, error) => ({ error }),
  lists(path, headers) {
    // Anthropic's list has the same path.
    if (header(headers, 'anthropic-version') !== null) return null;
    if (path === '/v1/models') return { model: null };
    return path.startsWith('/v1/models/') ? { model: path.slice('/v1/models/'.length) } : null;
  },
  keyOf,
  list: (models) => ({ object: 'list', data: models.map((model) => openai.describe(model)) }),
  describe: (id) => ({ id, object: 'model', created: 0, owned_by: 'model-server' }),
};

function keyOf(headers: IncomingHttpHeaders): string | null {
  return header(headers, 'authorization')?.replace(/^Bearer /, '') ?? null;
}

function turnOfMessage({ role, content, tool_calls, tool_call_id }: Record<string, unknown>): SentTurn {
  if (role === 'tool') return { role, text: textOf(content), resultOf: { id: stringOrNull(tool_call_id), name: null } };
  const calls = objectsOf(tool_calls).map(({ id, function: said }) => {
    const { name, arguments: given } = objectOf(said);
    return { id: stringOrNull(id), name: String(name), arguments: parsed(given) };
  });
  return turnOf((role === 'developer' ? 'system' : role) as SentTurn['role'], textOf(content), calls);
}

/** Arguments travel as a text of JSON; what is none stays as it is. */
function parsed(given: unknown): unknown {
  try {
    return JSON.parse(String(given));
  } catch {
    return given;
  }
}

function callOf({ id, name, arguments: given }: AnswerCall) {
  return { id, type: 'function', function: { name, arguments: JSON.stringify(given) } };
}

function usageOf({ promptTokens, completionTokens, cachedTokens }: ModelUsage): object {
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
    ...(cachedTokens === undefined ? {} : { prompt_tokens_details: { cached_tokens: cachedTokens } }),
  };
}

const refusals: Record<ModelRefusal, { status: number; message: string; type: string; code: string | null }> = {
  bad_key: {
    status: 401,
    message: 'Incorrect API key provided. You can find your API key in your account.',
    type: 'invalid_request_error',
    code: 'invalid_api_key',
  },
  rate_limit: { status: 429, message: 'Rate limit reached for requests', type: 'requests', code: 'rate_limit_exceeded' },
  no_credit: {
    status: 429,
    message: 'You exceeded your current quota, please check your plan and billing details.',
    type: 'insufficient_quota',
    code: 'insufficient_quota',
  },
  overloaded: {
    status: 503,
    message: 'The engine is currently overloaded, please try again later',
    type: 'server_error',
    code: null,
  },
  context_too_long: {
    status: 400,
    message: "This model's maximum context length is 8192 tokens. However, your messages resulted in 9001 tokens.",
    type: 'invalid_request_error',
    code: 'context_length_exceeded',
  },
  content_filter: {
    status: 400,
    message: 'The response was filtered due to the prompt triggering the content management policy.',
    type: 'invalid_request_error',
    code: 'content_filter',
  },
  unknown_model: { status: 404, message: 'The model does not exist', type: 'invalid_request_error', code: 'model_not_found' },
};
