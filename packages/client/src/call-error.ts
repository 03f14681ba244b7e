import { appErrors, type AppErrorCode, type AppErrorData } from '@parley/contracts';
import { TRPCClientError } from '@trpc/client';
import type { AppRouter } from '@parley/api';
import { retryOfCode } from './retry-of-code.js';
import type { Failure } from './types.js';

export interface CallFailure extends Failure {
  /**
   * Whether trying again can help: `always` where the server was not reached or says so; `few` where it met something that
   * should pass; `never` where the same call gets the same answer.
   */
  retry: 'always' | 'few' | 'never';
  /** Milliseconds to wait first, where the server said. */
  retryAfterMs: number | null;
}

/** What a failed call means. An error without a code of ours is not from the API: the call or its answer was lost on the way. */
export function callFailure(error: unknown): CallFailure {
  const data = error instanceof TRPCClientError ? (error.data as Partial<AppErrorData> | null | undefined) : null;
  if (data?.appCode) {
    const { appCode: code, retryAfterMs = null } = data;
    return { code, message: (error as Error).message, retry: retryOfCode[code] ?? 'never', retryAfterMs };
  }
  if (error instanceof TRPCClientError) {
    return { code: 'UNAVAILABLE', message: 'The server did not answer. Try again in a moment.', retry: 'always', retryAfterMs: null };
  }
  return { code: 'INTERNAL', message: error instanceof Error ? error.message : String(error), retry: 'never', retryAfterMs: null };
}

/** True for codes that say that this client is no longer signed in. */
export function endsSession(code: string): boolean {
  return code === 'UNAUTHENTICATED' || code === 'SESSION_REVOKED' || code === 'ACCOUNT_DISABLED';
}

/** Makes the error that the server would answer with, for calls whose refusal is known without sending them. */
export function refusal(code: AppErrorCode): TRPCClientError<AppRouter> {
  const { http, message } = appErrors[code];
  return TRPCClientError.from({ error: { code: -32_000, message, data: { appCode: code, httpStatus: http } } });
}
