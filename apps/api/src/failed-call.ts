import type { Call } from '@parley/bus';
import { AppError } from '@parley/contracts';
import { TRPCError } from '@trpc/server';
import type { Context } from './context.js';
import { toAppError, toTrpcError } from './trpc-errors.js';

/** An error with the call that it ended. tRPC itself gives the context of the whole socket to whoever formats or reports an error. */
class FailedCall extends TRPCError {
  readonly call: Call;

  constructor({ code, message, cause }: TRPCError, call: Call) {
    super({ code, message, cause });
    this.call = call;
  }
}

/** The call that ended with this error. */
export function callOfError(error: TRPCError, ctx: Pick<Context, 'call'> | undefined): Call | undefined {
  return error instanceof FailedCall ? error.call : ctx?.call;
}

/** The error to throw for a call that failed; a refusal is logged. */
export function failCall({ services, actor, address, call, operation }: Context, thrown: unknown): TRPCError {
  if (thrown instanceof FailedCall) return thrown;
  const error = AppError.is(thrown) ? toTrpcError(thrown) : asTrpcError(thrown);
  const told = toAppError(error);
  services.metrics.noteError(told.code);
  services.refusals.noteError(told, {
    userId: actor?.userId,
    address,
    operation: operation ?? undefined,
    correlationId: call.correlationId,
  });
  return new FailedCall(error, call);
}

function asTrpcError(thrown: unknown): TRPCError {
  return thrown instanceof TRPCError ? thrown : new TRPCError({ code: 'INTERNAL_SERVER_ERROR', cause: thrown });
}
