import type { IncomingHttpHeaders } from 'node:http';
import {
  countOrNull,
  header,
  objectOf,
  objectsOf,
  sse,
  stringOrNull,
  textOf,
  toolOf,
  turnOf,
  type AnswerCall,
  type AnswerPart,
  type Protocol,
  type Refusal,
} from './protocol.js';
import type { ModelFinish, ModelRefusal, ModelUsage, SentTurn } from './script.js';

/**
 * `POST /v1beta/models/<model>:streamGenerateContent?alt=sse`, `…:generateContent` and `GET /v1beta/models`, as Google documents them
 * (ai.google.dev/api/generate-content), with errors as google.rpc.Status: how long to wait stands in a RetryInfo detail, not in a header.
 */
export const google: Protocol = {
  name: 'google',
  matches(path) {
    const [, model, how] = /^\/v1beta\/models\/([^/]+):(streamGenerateContent|generateContent)$/.exec(path) ?? [];
    return model === undefined ? null : { model, stream: how === 'streamGenerateContent' };
  },
  read(body, headers, { model, stream }) {
    const system = objectOf(body['systemInstruction']);
    const config = objectOf(body['generationConfig']);
    const declared = objectsOf(body['tools']).flatMap(({ functionDeclarations }) => objectsOf(functionDeclarations));
    return {
      model,
      stream: stream === true,
      turns: [
        ...(body['systemInstruction'] === undefined ? [] : [{ role: 'system' as const, text: textOf(system['parts']) }]),
        ...objectsOf(body['contents']).flatMap(turnsOfContent),
      ],
      tools: declared.map((tool) => toolOf(tool, tool['parameters'] ?? tool['parametersJsonSchema'])),
      temperature: countOrNull(config['temperature']),
      maxTokens: countOrNull(config['maxOutputTokens']),
      key: keyOf(headers),
    };
  },
  answer({ index, model }) {
    const chunk = (fields: object): string => sse({ ...fields, modelVersion: model, responseId: `response-${index}` });
    const part = (fields: object): string => chunk({ candidates: [{ content: { role: 'model', parts: [fields] }, index: 0 }] });
    return {
      begin: () => '',
      text: (text) => part({ text }),
      reasoning: (text) => part({ text, thought: true }),
      call: (call) => part({ functionCall: callOf(call) }),
      error: ({ message, code, type }) =>
        sse({ error: { code: typeof code === 'number' ? code : 500, message, status: type ?? 'INTERNAL' } }),
      finish: (reason, usage) =>
        chunk({
          candidates: [{ content: { role: 'model', parts: [{ text: '' }] }, finishReason: finishReasons[reason], index: 0 }],
          usageMetadata: usageOf(usage),
        }),
    };
  },
  whole: ({ index, model }, parts, reason, usage) => ({
    candidates: [{ content: { role: 'model', parts: parts.map(partOf) }, finishReason: finishReasons[reason], index: 0 }],
    usageMetadata: usageOf(usage),
    modelVersion: model,
    responseId: `response-${index}`,
  }),
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
  lists(path) {
    if (path === '/v1beta/models') return { model: null };
    const [, model] = /^\/v1beta\/models\/([^/:]+)$/.exec(path) ?? [];
    return model === undefined ? null : { model };
  },
  keyOf,
  list: (models) => ({ models: models.map((model) => google.describe(model)) }),
  describe: (id) => ({
    name: `models/${id}`,
    displayName: id,
    inputTokenLimit: 1_048_576,
    outputTokenLimit: 65_536,
    supportedGenerationMethods: ['generateContent', 'countTokens'],
  }),
};

function keyOf(headers: IncomingHttpHeaders): string | null {
  return header(headers, 'x-goog-api-key');
}

/** What tools gave stands in a turn of the user's or of a role `function`. */
function turnsOfContent({ role, parts }: Record<string, unknown>): SentTurn[] {
  const all = objectsOf(parts);
  const results = all
    .filter((part) => 'functionResponse' in part)
    .map((part): SentTurn => {
      const { id, name, response } = objectOf(part['functionResponse']);
      return { role: 'tool', text: JSON.stringify(response ?? null), resultOf: { id: stringOrNull(id), name: stringOrNull(name) } };
    });
  const calls = all
    .filter((part) => 'functionCall' in part)
    .map((part) => {
      const { id, name, args } = objectOf(part['functionCall']);
      return { id: stringOrNull(id), name: String(name), arguments: args };
    });
  const text = textOf(all);
  if (results.length > 0 && text === '') return results;
  return [...results, turnOf(role === 'model' ? 'assistant' : 'user', text, calls)];
}

function callOf({ id, name, arguments: args }: AnswerCall): object {
  return { id, name, args };
}

function partOf(part: AnswerPart): object {
  if ('call' in part) return { functionCall: callOf(part.call) };
  return 'text' in part ? { text: part.text } : { text: part.reasoning, thought: true };
}

function usageOf({ promptTokens, completionTokens, cachedTokens }: ModelUsage): object {
  return {
    promptTokenCount: promptTokens,
    candidatesTokenCount: completionTokens,
    totalTokenCount: promptTokens + completionTokens,
    ...(cachedTokens === undefined ? {} : { cachedContentTokenCount: cachedTokens }),
  };
}

/** Google has no reason of its own for a call of a tool. */
const finishReasons: Record<ModelFinish, string> = { stop: 'STOP', length: 'MAX_TOKENS', content_filter: 'SAFETY', tool_calls: 'STOP' };

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
