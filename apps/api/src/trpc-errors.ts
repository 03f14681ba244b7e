import { AppError, appErrorDataSchema, appErrors, maxCallsPerBatch, type AppErrorCode, type AppErrorDetails } from '@parley/contracts';
import { isUnavailable, refusesWrites } from '@parley/db';
import { TRPCError, type TRPCDefaultErrorShape } from '@trpc/server';
import { TRPC_ERROR_CODES_BY_KEY } from '@trpc/server/rpc';
import { z, ZodError } from 'zod';

type TrpcCode = TRPCError['code'];

const trpcCodeOfStatus: Record<(typeof appErrors)[AppErrorCode]['http'], TrpcCode> = {
  400: 'BAD_REQUEST',
  401: 'UNAUTHORIZED',
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
  405: 'METHOD_NOT_SUPPORTED',
  409: 'CONFLICT',
  412: 'PRECONDITION_FAILED',
  413: 'PAYLOAD_TOO_LARGE',
  422: 'UNPROCESSABLE_CONTENT',
  429: 'TOO_MANY_REQUESTS',
  500: 'INTERNAL_SERVER_ERROR',
  503: 'SERVICE_UNAVAILABLE',
};

/** The `data` of an error as a client of tRPC gets it: our fields and tRPC's own. */
export const trpcErrorDataSchema = appErrorDataSchema.extend({
  code: z.enum(Object.values(trpcCodeOfStatus)),
  httpStatus: z.int(),
  path: z.string().exactOptional(),
});

/** tRPC's error for an application error, so that HTTP statuses and tRPC's own codes follow ours. */
export function toTrpcError(error: AppError): TRPCError {
  return new TRPCError({ code: trpcCodeOf(error), message: error.message, cause: error });
}

function trpcCodeOf({ code }: AppError): TrpcCode {
  return trpcCodeOfStatus[appErrors[code].http];
}

/** The error that the caller is told: our errors as they are, tRPC's own as the nearest of ours, and unknown ones without their cause. */
export function toAppError(error: TRPCError): AppError {
  if (AppError.is(error.cause)) return error.cause;
  if (error.cause instanceof ZodError) return validationError(error.cause);
  const unavailable = unavailableError(error.cause);
  if (unavailable) return unavailable;
  switch (error.code) {
    case 'NOT_FOUND':
      return new AppError('NOT_FOUND');
    case 'METHOD_NOT_SUPPORTED':
      return new AppError('NOT_FOUND', 'There is no such procedure of this kind: queries are called by GET, mutations by POST.');
    case 'PAYLOAD_TOO_LARGE':
      return new AppError('PAYLOAD_TOO_LARGE');
    case 'BAD_REQUEST':
      // tRPC has no code for this error; it is known by this sentence alone.
      if (error.message.startsWith('Batch call exceeds'))
        return new AppError(
          'PAYLOAD_TOO_LARGE',
          `There are too many calls in one batch. Over HTTP, send at most ${maxCallsPerBatch} at once.`,
        );
      return unreadable();
    case 'UNSUPPORTED_MEDIA_TYPE':
      return new AppError('VALIDATION', 'The request could not be read. Send JSON, with the header “content-type: application/json”.');
    case 'PARSE_ERROR':
    case 'UNPROCESSABLE_CONTENT':
      return unreadable();
    case 'UNAUTHORIZED':
      return new AppError('UNAUTHENTICATED');
    case 'CLIENT_CLOSED_REQUEST':
      return new AppError('VALIDATION', 'The request was cut off.');
    default:
      return new AppError('INTERNAL');
  }
}

/** The error that the caller is told, of whatever was thrown. */
export function knownError(error: unknown): AppError {
  if (AppError.is(error)) return error;
  return error instanceof TRPCError
    ? toAppError(error)
    : (unavailableError(error) ?? new AppError('INTERNAL', undefined, { cause: error }));
}

/** The error for a database that is away, or that takes no writes; null for any other error. */
export function unavailableError(cause: unknown): AppError | null {
  if (!isUnavailable(cause)) return null;
  const message = refusesWrites(cause)
    ? 'Nothing can be stored for the moment: the server’s disk is full, or its database is read-only. Reading goes on.'
    : undefined;
  return new AppError('UNAVAILABLE', message, { cause });
}

function unreadable(): AppError {
  return new AppError('VALIDATION', 'The request could not be read. Send well-formed JSON as the documentation shows.');
}

/** The error for bad input. A schema may name an error code as an issue's message; otherwise the error names the first bad field. */
function validationError(error: ZodError): AppError {
  for (const issue of error.issues) {
    if (issue.message in appErrors) return new AppError(issue.message as AppErrorCode, undefined, { field: issue.path.join('.') });
  }
  const [issue] = error.issues;
  if (!issue) return new AppError('VALIDATION');
  const field = issue.path.join('.');
  if (field !== '') return new AppError('VALIDATION', `${field}: ${issue.message}.`, { field });
  return new AppError('VALIDATION', `${issue.message.slice(0, 1).toUpperCase()}${issue.message.slice(1)}.`);
}

/** The details of an error. UNAVAILABLE also says when to come back, at a random moment, so that callers do not all come back at once. */
export function detailsOf({ code, details }: AppError): AppErrorDetails {
  return code === 'UNAVAILABLE' ? { retryAfterMs: 500 + Math.round(Math.random() * 1_000), ...details } : details;
}

/**
 * The HTTP header that says when to come back, in whole seconds (RFC 9110, 10.2.3): after the longest wait of these errors; none without
 * a wait.
 */
export function retryAfterHeader(errors: readonly AppError[]): { 'retry-after'?: string } {
  const ms = Math.max(0, ...errors.map((error) => detailsOf(error).retryAfterMs ?? 0));
  return ms === 0 ? {} : { 'retry-after': String(Math.ceil(ms / 1_000)) };
}

/**
 * The error as it is on the wire: tRPC's shape, with our code beside tRPC's own, and without a stack. tRPC's codes are made to follow
 * ours: tRPC gives INTERNAL_SERVER_ERROR to anything thrown inside a subscription, and on that code its client would subscribe again,
 * silently and without end.
 */
export function formatError(shape: TRPCDefaultErrorShape, error: TRPCError, correlationId: string | undefined) {
  const appError = toAppError(error);
  const code = trpcCodeOf(appError);
  const { path } = shape.data;
  const data: z.infer<typeof trpcErrorDataSchema> = {
    code,
    httpStatus: appErrors[appError.code].http,
    ...(path === undefined ? {} : { path }),
    appCode: appError.code,
    ...detailsOf(appError),
    ...(correlationId === undefined ? {} : { correlationId }),
  };
  return { ...shape, code: TRPC_ERROR_CODES_BY_KEY[code], message: appError.message, data };
}
