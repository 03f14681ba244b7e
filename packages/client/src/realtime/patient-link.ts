import { TRPCClientError, type TRPCLink } from '@trpc/client';
import { observable, type Unsubscribable } from '@trpc/server/observable';
import { operationNamed } from '@parley/contracts';
import type { AppRouter } from '@parley/api';
import { Backoff, type BackoffOptions } from '../backoff.js';
import { callFailure } from '../call-error.js';
import { isAccountCall } from './account-calls.js';

export interface PatientLinkOptions {
  /** The longest a call may take, waiting for a connection and tries included, in milliseconds. */
  callTimeoutMs: number;
  backoff?: BackoffOptions | undefined;
  /** A call was refused because the access token is over. */
  onTokenExpired(): void;
}

/**
 * Ends calls that take too long. Calls that were lost with their socket are made again where the table of operations says that this is
 * safe; the others fail at once, because they may have run. (`messages.send` is repeated by its clientId, in the order written: see
 * Outbox; the exchange of a refresh token by AuthSession.)
 */
export function patientLink(options: PatientLinkOptions): TRPCLink<AppRouter> {
  return () =>
    ({ op, next }) => {
      if (op.type === 'subscription') return next(op);
      return observable((observer) => {
        const backoff = new Backoff(options.backoff);
        let over = false;
        let attempt: Unsubscribable | undefined;
        let retryTimer: ReturnType<typeof setTimeout> | undefined;

        const stop = () => {
          over = true;
          clearTimeout(timeout);
          clearTimeout(retryTimer);
          attempt?.unsubscribe();
        };
        const fail = (error: TRPCClientError<AppRouter>) => {
          if (over) return;
          stop();
          observer.error(error);
        };
        const timeout = setTimeout(
          () => fail(new TRPCClientError('The server did not answer in time. Try again in a moment.')),
          options.callTimeoutMs,
        );
        const run = () => {
          attempt = next(op).subscribe({
            next: (value) => {
              if (!over) observer.next(value);
            },
            complete: () => {
              if (over) return;
              stop();
              observer.complete();
            },
            error: (error) => {
              if (over) return;
              const failure = callFailure(error);
              if (isAccountCall(op.path)) return fail(error);
              if (failure.code === 'TOKEN_EXPIRED') options.onTokenExpired();
              else if (failure.code !== 'UNAVAILABLE' || operationNamed(op.path)?.repeat !== 'safe') return fail(error);
              retryTimer = setTimeout(run, failure.retryAfterMs ?? backoff.next());
            },
          });
        };
        run();
        return stop;
      });
    };
}
