import { appErrors, type AppError, type CompletionEvent } from '@parley/contracts';
import type { FastifyReply } from 'fastify';
import { retryAfterHeader } from '../../../trpc-errors.js';

/** An error as OpenAI’s protocol has it, with the status of its answer. */
export interface OpenAiError {
  status: number;
  error: { message: string; type: string; param: string | null; code: string | null };
  headers: Record<string, string>;
}

const badRequest = 'invalid_request_error';

/** OpenAI’s type and code of errors that its clients know by them; of any other the type follows from the status, and the code is ours. */
const known: Partial<Record<string, { type: string; code: string | null; status?: number; message?: string }>> = {
  VALIDATION: { type: badRequest, code: null },
  UNAUTHENTICATED: {
    type: badRequest,
    code: 'invalid_api_key',
    message: 'Send a key of this server, as the API key or in the header “Authorization: Bearer parley_…”. Keys are made in Settings.',
  },
  SESSION_REVOKED: { type: badRequest, code: 'invalid_api_key' },
  TOKEN_EXPIRED: { type: badRequest, code: 'invalid_api_key' },
  CHARACTER_NOT_FOUND: {
    type: badRequest,
    code: 'model_not_found',
    message: 'There is no such model. Models are characters, by their handles.',
  },
  RATE_LIMITED: { type: 'requests', code: 'rate_limit_exceeded' },
  AI_BUDGET_EXCEEDED: { type: 'insufficient_quota', code: 'insufficient_quota', status: 429 },
  // Failures of models, as replies have them.
  AI_RATE_LIMITED: { type: 'requests', code: 'rate_limit_exceeded', status: 429 },
  MODEL_RATE_LIMITED: { type: 'requests', code: 'rate_limit_exceeded', status: 429 },
  CONTEXT_TOO_LONG: { type: badRequest, code: 'context_length_exceeded', status: 400 },
  CONTENT_FILTERED: { type: badRequest, code: 'content_filter', status: 400 },
  CHARACTER_GONE: { type: badRequest, code: 'model_not_found', status: 404 },
  ASKER_GONE: { type: badRequest, code: 'invalid_api_key', status: 401 },
  MODEL_TIMEOUT: { type: 'server_error', code: 'model_timeout', status: 504 },
  MODEL_NOT_CONFIGURED: { type: 'server_error', code: 'model_not_configured', status: 503 },
  MODEL_NOT_ALLOWED: { type: 'server_error', code: 'model_not_allowed', status: 503 },
  INTERNAL: { type: 'server_error', code: 'internal', status: 500 },
};

/** @param params the caller's names of fields that are called otherwise in our input */
export function openAiError(error: AppError, params: Readonly<Record<string, string>> = {}): OpenAiError {
  const { http } = appErrors[error.code];
  const { type, code, status = http, message } = known[error.code] ?? { type: typeOf(http), code: error.code.toLowerCase() };
  const { field } = error.details;
  const param = field === undefined ? null : (params[field] ?? field.replace(/\.(\d+)/g, '[$1]'));
  const spoken = message !== undefined && error.message === appErrors[error.code].message ? message : error.message;
  // Tokens come back at midnight: its clients would ask again at once.
  const retries = error.code === 'AI_BUDGET_EXCEEDED' ? { 'x-should-retry': 'false' } : {};
  return { status, error: { message: spoken, type, param, code }, headers: { ...retryAfterHeader([error]), ...retries } };
}

/** The error for a call that a model could not answer. It was tried as often as it may help, so that a client does not try it again. */
export function openAiFailure({ code, message }: Extract<CompletionEvent, { type: 'failed' }>): OpenAiError {
  const { type, code: name, status = 502 } = known[code] ?? { type: 'server_error', code: code.toLowerCase() };
  const param = code === 'CONTEXT_TOO_LONG' ? 'messages' : null;
  return { status, error: { message, type, param, code: name }, headers: { 'x-should-retry': 'false' } };
}

export function sendOpenAiError(reply: FastifyReply, { status, error, headers }: OpenAiError): FastifyReply {
  return reply
    .code(status)
    .headers({ 'cache-control': 'no-store', ...headers })
    .type('application/json; charset=utf-8')
    .send(JSON.stringify({ error }));
}

function typeOf(status: number): string {
  return status >= 500 ? 'server_error' : status === 403 ? 'permission_error' : badRequest;
}
