import type { AppErrorCode } from '@parley/contracts';
import { TRPCClientError } from '@trpc/client';
import { refusal } from '../call-error.js';

/** An error the server answered with. */
export function serverError(code: AppErrorCode, details: { retryAfterMs?: number } = {}): Error {
  const error = refusal(code);
  Object.assign(error.data as object, details);
  return error;
}

/** The error of a call that lost its socket or never reached the server. */
export function networkError(): Error {
  return new TRPCClientError('WebSocket closed');
}
