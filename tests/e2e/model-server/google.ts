import { countOrNull, header, sse, textOf, type Protocol, type Refusal } from './protocol.js';
import type { ModelFinish, ModelRefusal, SentTurn } from './script.js';

/**
 * `POST /v1beta/models/<model>:streamGenerateContent?alt=sse`, as Google documents it (ai.google.dev/api/generate-content), with errors
 * as google.rpc.Status: how long to wait stands in a RetryInfo detail, not in a header.
 */
export const google: Protocol = {
  name: 'google',
  matches: (path) => /^\/v1beta\/models\/([^/]+):streamGenerateContent$/.exec(path)?.[1] ?? null,
  read(body, headers, model) {
    const system = body['systemInstruction'] as { parts: unknown } | undefined;
    const contents = (body['contents'] ?? []) as { role: 'user' | 'model'; parts: unknown }[];
    const config = (body['generationConfig'] ?? {}) as { temperature?: number; maxOutputTokens?: number };
    return {
      model,
      turns: [
        ...(system ? [{ role: 'system' as const, text: textOf(system.parts) }] : []),
        ...contents.map(({ role, parts }): SentTurn => ({ role: role === 'model' ? 'assistant' : 'user', text: textOf(parts) })),
      ],
      temperature: config.temperature ?? null,
      maxTokens: countOrNull(config.maxOutputTokens),
      key: header(headers, 'x-goog-api-key'),
    };
  },
  answer({ index, model }) {
    const chunk = (fields: object): string => sse({ ...fields, modelVersion: model, responseId: `response-${index}` });
    const part = (fields: object): string => chunk({ candidates: [{ content: { role: 'model', parts: [fields] }, index: 0 }] });
    return {
      begin: () => '',
      text: (text) => part({ text }),
      reasoning: (text) => part({ text, thought: true }),
      error: ({ message, code, type }) =>
        sse({ error: { code: typeof code === 'number' ? code : 500, message, status: type ?? 'INTERNAL' } }),
      finish: (reason, { promptTokens, completionTokens }) =>
        chunk({
          candidates: [{ content: { role: 'model', parts: [{ text: '' }] }, finishReason: finishReasons[reason], index: 0 }],
          usageMetadata: {
            promptTokenCount: promptTokens,
            candidatesTokenCount: completionTokens,
            totalTokenCount: promptTokens + completionTokens,
          },
        }),
    };
  },
  refuse(refusal, { message, retryAfterSeconds }): Refusal {
    const known = refusals[refusal];
    const details: object[] = [...(known.details ?? [])];
    if (retryAfterSeconds !== undefined) {
      details.push({ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: `${retryAfterSeconds}s` });
    }
    const { code, status } = known;
    return {
      status: code,
      body: { error: { code, message: message ?? known.message, status, ...(details.length > 0 ? { details } : {}) } },
    };
  },
  error: (status, { message, type }) => ({ error: { code: status, message, status: type ?? 'UNKNOWN' } }),
};

const finishReasons: Record<ModelFinish, string> = { stop: 'STOP', length: 'MAX_TOKENS', content_filter: 'SAFETY' };

const refusals: Record<ModelRefusal, { code: number; status: string; message: string; details?: object[] }> = {
  bad_key: {
    code: 400,
    status: 'INVALID_ARGUMENT',
    message: 'API key not valid. Please pass a valid API key.',
    details: [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'API_KEY_INVALID', domain: 'googleapis.com' }],
  },
  rate_limit: {
    code: 429,
    status: 'RESOURCE_EXHAUSTED',
    message: 'You exceeded your current quota, please check your plan and billing details.',
    details: [{ '@type': 'type.googleapis.com/google.rpc.QuotaFailure', violations: [{ quotaMetric: 'requests_per_minute' }] }],
  },
  no_credit: {
    code: 429,
    status: 'RESOURCE_EXHAUSTED',
    message: 'Your prepayment credits are depleted. Please go to your project to manage billing.',
  },
  overloaded: { code: 503, status: 'UNAVAILABLE', message: 'The model is overloaded. Please try again later.' },
  context_too_long: {
    code: 400,
    status: 'INVALID_ARGUMENT',
    message: 'The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).',
  },
  content_filter: { code: 400, status: 'INVALID_ARGUMENT', message: 'The request was blocked by the safety settings.' },
  unknown_model: { code: 404, status: 'NOT_FOUND', message: 'models/scripted is not found for API version v1beta.' },
};
