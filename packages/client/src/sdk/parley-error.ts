import type { AppErrorCode } from './views.js';

/** What a problem of the server says (RFC 9457), as far as it is read here. */
interface Problem {
  detail?: unknown;
  code?: unknown;
  error?: { data?: Record<string, unknown> };
}

export interface ParleyErrorDetails {
  /** The status of the answer; null where there was none. */
  status?: number | null;
  /** The input field at fault. */
  field?: string | null;
  /** Milliseconds to wait before the same call can succeed. */
  retryAfterMs?: number | null;
  /** Names the call in the server's log. */
  correlationId?: string | null;
  /** What else the server said. */
  data?: Readonly<Record<string, unknown>>;
  cause?: unknown;
}

/**
 * Why a call failed: the server's code (`ROOM_NOT_FOUND`; docs/wire.md names each) and a sentence that says what to do. `UNAVAILABLE` is also
 * the code where no server answered.
 */
export class ParleyError extends Error {
  override readonly name = 'ParleyError';
  /** A code of the server's; text, because a later server may have more of them. */
  readonly code: AppErrorCode | (string & {});
  /** The status of the answer; null where there was none. */
  readonly status: number | null;
  /** The input field at fault, if the server named one. */
  readonly field: string | null;
  /** Milliseconds to wait before the same call can succeed, if the server said. */
  readonly retryAfterMs: number | null;
  /** Names the call in the server's log. */
  readonly correlationId: string | null;
  /** Everything that the server said beside the code and the sentence. */
  readonly data: Readonly<Record<string, unknown>>;

  constructor(code: AppErrorCode | (string & {}), message: string, details: ParleyErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.status = details.status ?? null;
    this.field = details.field ?? null;
    this.retryAfterMs = details.retryAfterMs ?? null;
    this.correlationId = details.correlationId ?? null;
    this.data = details.data ?? {};
  }
}

/** The error that an answer stands for, or the `problem` that a stream ended with. @param text its body */
export function problemError(text: string, status: number, correlationId: string | null = null): ParleyError {
  const { code, detail, error } = parsed(text);
  if (typeof code === 'string' && typeof detail === 'string') {
    const data = error?.data ?? {};
    const { field, retryAfterMs } = data;
    return new ParleyError(code, detail, {
      status,
      correlationId,
      data,
      field: typeof field === 'string' ? field : null,
      retryAfterMs: typeof retryAfterMs === 'number' ? retryAfterMs : null,
    });
  }
  // Not the server's own words: a proxy in front of it, or another server.
  if (status >= 500 || status === 429 || status === 408) return unanswered({ status, correlationId });
  return new ParleyError('UNEXPECTED_ANSWER', `The answer, of status ${status}, is not Parley’s. Check the url.`, {
    status,
    correlationId,
  });
}

/** No server answered. */
export function unanswered(details: ParleyErrorDetails = {}): ParleyError {
  return new ParleyError('UNAVAILABLE', 'The server did not answer. Try again in a moment.', details);
}

function parsed(text: string): Problem {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}
