import {
  APICallError,
  EmptyResponseBodyError,
  InvalidResponseDataError,
  JSONParseError,
  LoadAPIKeyError,
  NoSuchModelError,
  TypeValidationError,
} from '@ai-sdk/provider';
import { cutText, replyErrors, type ReplyErrorCode } from '@parley/contracts';

/** Why a reply could not be written, as the room may see it. No field holds a key or a prompt. */
export interface ReplyFailure {
  code: ReplyErrorCode;
  /** Plain sentences for the room; never a provider's own words, which may repeat a key or the prompt. */
  message: string;
  /** True where the same call may succeed a little later. */
  retryable: boolean;
  /** What the provider asked to wait, in milliseconds; null when it did not say. */
  retryAfterMs: number | null;
  /** For the log: what the provider said, without what we sent. */
  detail: string;
}

/** Thrown by our own code where the failure is already known. */
export class ModelError extends Error {
  override readonly name = 'ModelError';
  readonly code: ReplyErrorCode;
  readonly retryable: boolean;

  constructor(code: ReplyErrorCode, message: string = replyErrors[code], options: { retryable?: boolean; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? false;
  }
}

/** Carries a named failure to the end of an attempt. */
export class ModelFailed extends Error {
  override readonly name = 'ModelFailed';
  readonly failure: ReplyFailure;

  constructor(failure: ReplyFailure) {
    super(failure.message);
    this.failure = failure;
  }
}

/**
 * Names the failure behind anything that a model's `doStream`, its stream or an `error` part gave.
 *
 * @param streaming true if the model had begun to answer: a lost connection then counts as an answer cut off
 * @param secrets keys that must not reach the log, whatever the provider echoes
 */
export function toReplyFailure(error: unknown, streaming: boolean, secrets: readonly string[] = []): ReplyFailure {
  const failure = nameFailure(error, streaming, secrets);
  // The room saw the model begin its answer, so say that the answer was cut, whatever status the error has.
  return streaming && failure.code === 'MODEL_UNAVAILABLE' ? { ...failure, code: 'MODEL_CUT', message: replyErrors.MODEL_CUT } : failure;
}

function nameFailure(error: unknown, streaming: boolean, secrets: readonly string[]): ReplyFailure {
  const detail = redact(describe(error), secrets);
  const failure = (code: ReplyErrorCode, retryable: boolean, message: string = replyErrors[code], retryAfterMs: number | null = null) => ({
    code,
    message,
    retryable,
    retryAfterMs,
    detail,
  });
  if (error instanceof ModelError) return failure(error.code, error.retryable, error.message);
  if (APICallError.isInstance(error)) {
    const said = `${error.message} ${error.responseBody ?? ''}`;
    // An error inside Google's stream may have no status, but says what it is.
    const statusCode = error.statusCode ?? (error.responseBody === undefined ? undefined : statusOfKind(said));
    if (statusCode === undefined || (statusCode >= 200 && statusCode < 300)) {
      return failure(streaming ? 'MODEL_CUT' : 'MODEL_UNAVAILABLE', true);
    }
    // The SDK gives status 500 to every error that Anthropic sends before the first token of a stream that began with 200.
    const status = statusCode === 500 ? statusOfKind(said) : statusCode;
    return fromStatus(status, said, retryAfterOf(error), failure);
  }
  if (LoadAPIKeyError.isInstance(error)) return failure('MODEL_NOT_CONFIGURED', false);
  if (NoSuchModelError.isInstance(error)) return failure('MODEL_UNAVAILABLE', false, unknownModel);
  if (
    JSONParseError.isInstance(error) ||
    TypeValidationError.isInstance(error) ||
    InvalidResponseDataError.isInstance(error) ||
    EmptyResponseBodyError.isInstance(error)
  ) {
    return failure(streaming ? 'MODEL_CUT' : 'MODEL_UNAVAILABLE', true);
  }
  const sent = sentInStream(error);
  if (sent) return fromStatus(sent.status, sent.text, null, failure);
  return failure(streaming ? 'MODEL_CUT' : 'MODEL_UNAVAILABLE', true);
}

const unknownModel = 'The provider does not know this model. Choose another one for the character.';

/** The part of an OpenAI-style error (`{message, type, code}`) that a provider sends inside a stream; null if it is none. */
function sentInStream(error: unknown): { status: number; text: string } | null {
  if (typeof error !== 'object' || error === null || error instanceof Error) return null;
  const { message, type, code } = error as { message?: unknown; type?: unknown; code?: unknown };
  const text = [message, type, code].filter((value) => typeof value === 'string' || typeof value === 'number').join(' ');
  if (text === '') return null;
  const status = typeof code === 'number' && code >= 400 && code < 600 ? code : statusOfKind(text);
  return { status, text };
}

function statusOfKind(text: string): number {
  if (/rate.?limit|too many requests|quota|resource.?exhausted/i.test(text)) return 429;
  if (badKey.test(text) || /authenticat|permission/i.test(text)) return 401;
  if (contextTooLong.test(text) || filtered.test(text)) return 400;
  return 500;
}

const contextTooLong =
  /context.?(?:length|window|size)|maximum context|max(?:imum)?(?!_(?:[a-z]{1,12}_)?tokens).{0,20}tokens|too many (?:input )?tokens|prompt is too long|input is too long|exceeds.{0,40}tokens/i;
/** Google answers 400 to a wrong key. */
const badKey = /api.?key not valid|invalid.{0,12}api.?key|API_KEY_INVALID/i;
/**
 * OpenAI answers 429 to an account without credit, Anthropic 400; waiting does not help then. “billing” is no sign of it: Google says
 * that of any rate limit.
 */
const noCredit = /insufficient.?quota|credit balance is too low|credits? (?:are|is|were) depleted|insufficient (?:balance|credit|funds)/i;
const filtered = /content.?(?:filter|policy|management)|blocked by|responsible.?ai|safety|moderation|flagged/i;

type MakeFailure = (code: ReplyErrorCode, retryable: boolean, message?: string, retryAfterMs?: number | null) => ReplyFailure;

function fromStatus(status: number, said: string, retryAfterMs: number | null, failure: MakeFailure): ReplyFailure {
  if (status === 401 || status === 403) return failure('MODEL_AUTH', false);
  if (status === 402 || noCredit.test(said)) return failure('MODEL_RATE_LIMITED', false, outOfCredit);
  if (status === 404) return failure('MODEL_UNAVAILABLE', false, unknownModel);
  if (status === 408 || status === 504) return failure('MODEL_TIMEOUT', true, undefined, retryAfterMs);
  if (status === 429) return rateLimited(retryAfterMs, failure);
  if (status >= 500) return failure('MODEL_UNAVAILABLE', true, undefined, retryAfterMs);
  if (status === 409) return failure('MODEL_UNAVAILABLE', true, undefined, retryAfterMs);
  if (badKey.test(said)) return failure('MODEL_AUTH', false);
  if (filtered.test(said)) return failure('CONTENT_FILTERED', false);
  if (status === 413 || contextTooLong.test(said)) return failure('CONTEXT_TOO_LONG', false);
  return failure(
    'MODEL_UNAVAILABLE',
    false,
    `The model refused the request (status ${status}). Choose another model, or tell whoever runs this server.`,
  );
}

/** The longest that a room waits for the next attempt, in milliseconds. If a rate limit asks for more, the reply says so and fails. */
export const maxRetryAfterMs = 60_000;

function rateLimited(retryAfterMs: number | null, failure: MakeFailure): ReplyFailure {
  if (retryAfterMs === null) return failure('MODEL_RATE_LIMITED', true);
  const message = `The model is rate limited. Its provider asks to wait ${inWords(retryAfterMs)}.`;
  return failure('MODEL_RATE_LIMITED', retryAfterMs <= maxRetryAfterMs, message, retryAfterMs);
}

function inWords(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  if (seconds < 120) return seconds === 1 ? 'a second' : `${seconds} seconds`;
  const minutes = Math.ceil(seconds / 60);
  return minutes < 120 ? `${minutes} minutes` : `${Math.ceil(minutes / 60)} hours`;
}

const outOfCredit = 'The account at the model’s provider has no credit left. Tell whoever runs this server.';

/**
 * How long the provider asks to wait: `retry-after-ms`, else `retry-after` in seconds or as a date (RFC 9110, section 10.2.3), else the
 * RetryInfo of a google.rpc.Status.
 */
function retryAfterOf(error: APICallError): number | null {
  const headers = error.responseHeaders ?? {};
  const milliseconds = amount(headers['retry-after-ms']);
  if (milliseconds !== null) return wait(milliseconds);
  const value = headers['retry-after'];
  if (value === undefined) {
    const delay = /"retryDelay"\s*:\s*"(\d+(?:\.\d+)?)s"/.exec(error.responseBody ?? '');
    return delay ? wait(Number(delay[1]) * 1000) : null;
  }
  const seconds = amount(value);
  if (seconds !== null) return wait(seconds * 1000);
  const date = Date.parse(value);
  return Number.isNaN(date) ? null : wait(date - Date.now());
}

/** The longest window of a provider's limits is a day: who asks for more time means something else. */
const longestWaitMs = 86_400_000;

/** A time to wait; null for none at all, for a moment that has passed, or one far away: how long to wait is then ours to choose. */
function wait(ms: number): number | null {
  return ms > 0 && ms <= longestWaitMs ? ms : null;
}

/** A plain number as headers write it; null for anything else. */
function amount(text: string | undefined): number | null {
  return text !== undefined && /^\s*\d{1,9}(?:\.\d+)?\s*$/.test(text) ? Number(text) : null;
}

/** Name, status and first words of an error and its cause. Never the request: that is the room's conversation. */
function describe(error: unknown): string {
  if (APICallError.isInstance(error)) return `${error.name} ${error.statusCode ?? 'without status'}: ${error.message}${causeOf(error)}`;
  // A parse error's message repeats the text it could not parse.
  if (JSONParseError.isInstance(error) || TypeValidationError.isInstance(error)) return error.name;
  if (error instanceof Error) return `${error.name}: ${error.message}${causeOf(error)}`;
  return sentInStream(error)?.text ?? (typeof error === 'string' ? error : typeof error);
}

function causeOf(error: Error): string {
  return error.cause instanceof Error ? ` (${error.cause.name}: ${error.cause.message})` : '';
}

/** Cuts out our keys and anything else that looks like a key: providers repeat keys, sometimes half masked. */
function redact(text: string, secrets: readonly string[]): string {
  let clean = text;
  for (const secret of secrets) if (secret !== '') clean = clean.replaceAll(secret, '[key]');
  clean = clean.replace(/\b(?:sk|pk|key|AIza)[-_A-Za-z0-9*]{12,}/g, '[key]').replace(/(bearer\s+)\S+/gi, '$1[key]');
  return clean.length > 400 ? `${cutText(clean, 400)}…` : clean;
}
