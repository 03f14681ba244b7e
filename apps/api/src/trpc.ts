import { AppError, isAdmin, permissions, type ProcedureName } from '@parley/contracts';
import { isUnavailable } from '@parley/db';
import { initTRPC } from '@trpc/server';
import type { Context } from './context.js';
import { formatError, toTrpcError } from './trpc-errors.js';

const t = initTRPC.context<Context>().create({
  errorFormatter: ({ shape, error, ctx }) => formatError(shape, error, ctx?.correlationId),
  sse: { ping: { enabled: true, intervalMs: 15_000 }, client: { reconnectAfterInactivityMs: 40_000 } },
});

export const router = t.router;

/** Turns our errors into tRPC's, so that statuses are right; a database that is away is UNAVAILABLE, whatever call met it. */
const base = t.procedure.use(async ({ next, path, type, ctx }) => {
  const startedAt = performance.now();
  // A subscription only begins here; what it reads is bounded where it is read.
  const result =
    type === 'subscription' ? await next() : await ctx.services.calls.run(next).catch((error: unknown) => Promise.reject(asThrown(error)));
  ctx.services.metrics.calls.observe({ path, type, outcome: result.ok ? 'ok' : 'error' }, (performance.now() - startedAt) / 1000);
  if (result.ok) return result;
  const { cause } = result.error;
  if (AppError.is(cause)) throw toTrpcError(cause);
  if (isUnavailable(cause)) throw toTrpcError(new AppError('UNAVAILABLE', undefined, { cause }));
  return result;
});

function asThrown(error: unknown): unknown {
  return AppError.is(error) ? toTrpcError(error) : error;
}

/**
 * The procedure of this name, open to whom `contracts/permissions.ts` says. It proves who is calling; what a role in a room
 * allows is proven by `RoomAccess.run` from the same table.
 */
export function procedure(name: ProcedureName) {
  const { who } = permissions[name];
  if (who === 'anyone') throw new TypeError(`${name} is open to anyone: use openProcedure`);
  return base.use(({ ctx, next }) => {
    const { actor } = ctx;
    // Whoever could not be looked up is not told to sign in again: the error that met it says what it was.
    if (!actor) throw asThrown(ctx.authError ?? new AppError('UNAUTHENTICATED'));
    if (who === 'admin' && !isAdmin(actor.role)) throw asThrown(new AppError('FORBIDDEN', 'Only an admin of this server can do that.'));
    return next({ ctx: { ...ctx, actor } });
  });
}

/** For the few procedures that need no account. */
export function openProcedure(name: ProcedureName) {
  if (permissions[name].who !== 'anyone') throw new TypeError(`${name} is not open to anyone`);
  return base;
}
