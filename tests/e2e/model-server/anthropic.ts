import { countOrNull, header, sse, textOf, type Protocol, type Refusal } from './protocol.js';
import type { ModelFinish, ModelRefusal, SentTurn } from './script.js';

/** `POST /v1/messages` with `stream`, as Anthropic documents it (docs.anthropic.com, "Streaming Messages" and "Errors"). */
export const anthropic: Protocol = {
  name: 'anthropic',
  matches: (path) => (path === '/v1/messages' ? '' : null),
  read(body, headers) {
    const system: SentTurn[] = body['system'] === undefined ? [] : [{ role: 'system', text: textOf(body['system']) }];
    const messages = (body['messages'] ?? []) as { role: 'user' | 'assistant'; content: unknown }[];
    return {
      model: body.model ?? '',
      turns: [...system, ...messages.map(({ role, content }) => ({ role, text: textOf(content) }))],
      temperature: body.temperature ?? null,
      maxTokens: countOrNull(body['max_tokens']),
      key: header(headers, 'x-api-key'),
    };
  },
  answer({ index, model }, { promptTokens }) {
    const event = (type: string, fields: object = {}): string => sse({ type, ...fields }, type);
    let block = -1;
    let open: 'text' | 'thinking' | null = null;
    const close = (): string => {
      if (open === null) return '';
      open = null;
      return event('content_block_stop', { index: block });
    };
    const start = (kind: 'text' | 'thinking'): string => {
      if (open === kind) return '';
      const before = close();
      open = kind;
      block++;
      const content = kind === 'text' ? { type: 'text', text: '' } : { type: 'thinking', thinking: '', signature: '' };
      return before + event('content_block_start', { index: block, content_block: content });
    };
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
            usage: { input_tokens: promptTokens, output_tokens: 1 },
          },
        }) + event('ping'),
      text: (text) => start('text') + event('content_block_delta', { index: block, delta: { type: 'text_delta', text } }),
      reasoning: (thinking) =>
        start('thinking') + event('content_block_delta', { index: block, delta: { type: 'thinking_delta', thinking } }),
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
  refuse(refusal, { message, retryAfterSeconds }): Refusal {
    const known = refusals[refusal];
    return {
      status: known.status,
      body: { type: 'error', error: { type: known.type, message: message ?? known.message }, request_id: 'req_0' },
      ...(retryAfterSeconds === undefined ? {} : { headers: { 'retry-after': String(retryAfterSeconds) } }),
    };
  },
  error: (_, { message, type }) => ({ type: 'error', error: { type: type ?? 'api_error', message } }),
};

const stopReasons: Record<ModelFinish, string> = { stop: 'end_turn', length: 'max_tokens', content_filter: 'refusal' };

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
