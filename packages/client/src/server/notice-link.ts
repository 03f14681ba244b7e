import type { TRPCLink } from '@trpc/client';
import { observable } from '@trpc/server/observable';
import type { AppRouter } from '@parley/api';
import { callFailure } from '../call-error.js';

/** A link that reports every call and subscription which failed because the server or a part of it is away. It changes nothing. */
export function noticeLink(onUnavailable: () => void): TRPCLink<AppRouter> {
  return () =>
    ({ op, next }) =>
      observable((observer) =>
        next(op).subscribe({
          next: (value) => observer.next(value),
          complete: () => observer.complete(),
          error: (error) => {
            if (callFailure(error).code === 'UNAVAILABLE') onUnavailable();
            observer.error(error);
          },
        }),
      );
}
