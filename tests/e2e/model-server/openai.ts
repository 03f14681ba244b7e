import { countOrNull, header, sse, textOf, type Protocol, type Refusal } from './protocol.js';
import type { ModelRefusal, SentTurn } from './script.js';

/**
 * `POST /v1/chat/completions` with `stream`, as OpenAI documents it (platform.openai.com/docs/api-reference/chat) and as Ollama, vLLM,
 * DeepSeek and others speak it.
 */
export const openai: Protocol = {
  name: 'openai',
  matches: (path) => (path === '/v1/chat/completions' ? '' : null),
  read(body, headers) {
    const messages = (body['messages'] ?? []) as { role: string; content: unknown }[];
    return {
      model: body.model ?? '',
      turns: messages.map(({ role, content }) => ({
        role: (role === 'developer' ? 'system' : role) as SentTurn['role'],
        text: textOf(content),
      })),
      temperature: body.temperature ?? null,
      maxTokens: countOrNull(body['max_tokens'] ?? body['max_completion_tokens']),
      key: header(headers, 'authorization')?.replace(/^Bearer /, '') ?? null,
    };
  },
  answer({ index, model }) {
    const chunk = (fields: object): string =>
      sse({ id: `chatcmpl-${index}`, object: 'chat.completion.chunk', created: 0, model, ...fields });
    const delta = (fields: object): string => chunk({ choices: [{ index: 0, delta: fields, finish_reason: null }] });
    return {
      begin: () => delta({ role: 'assistant', content: '' }),
      text: (text) => delta({ content: text }),
      reasoning: (text) => delta({ reasoning_content: text }),
      error: (error) => sse({ error }),
      finish: (reason, { promptTokens, completionTokens }) =>
        chunk({ choices: [{ index: 0, delta: {}, finish_reason: reason }] }) +
        chunk({
          choices: [],
          usage: { prompt_tokens: promptTokens, completion_tokens: completionTokens, total_tokens: promptTokens + completionTokens },
        }) +
        sse('[DONE]'),
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
};

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
