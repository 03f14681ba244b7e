import { AppError, operationNamed, type operations, type ProcedureName } from '@parley/contracts';
import { initTRPC } from '@trpc/server';
import type { z } from 'zod';
import type { Declared, ProcedureMeta } from './answers/declared.js';
import { provenActor, runCall } from './admit.js';
import { callOnSocket } from './call-of.js';
import type { Context } from './context.js';
import { callOfError, failCall } from './failed-call.js';
import { consumeLimits } from './limits/consume-limits.js';
import { formatError, toTrpcError, trpcErrorDataSchema, unavailableError } from './trpc-errors.js';

const t = initTRPC
  .context<Context>()
  .meta<ProcedureMeta>()
  .create({
    errorFormatter({ shape, error, ctx }) {
      const formatted = formatError(shape, error, callOfError(error, ctx)?.correlationId);
      try {
        ctx?.services.answers?.allows(trpcErrorDataSchema, formatted.data, `an error of ${formatted.data.path}`);
        return formatted;
      } catch (cause) {
        ctx?.services.log.error(
          { err: cause, correlationId: callOfError(error, ctx)?.correlationId },
          'an error says what is not declared',
        );
        return formatError(shape, toTrpcError(new AppError('INTERNAL')), callOfError(error, ctx)?.correlationId);
      }
    },
    sse: { ping: { enabled: true, intervalMs: 15_000 }, client: { reconnectAfterInactivityMs: 40_000 } },
  });

export const router = t.router;
export const { createCallerFactory } = t;

interface Called {
  ctx: Context;
  path: string;
  type: string;
}

/** What tRPC's `next` resolves to: how the rest of the procedure ended. */
type Outcome = { ok: true; data: unknown } | { ok: false; error: Error };

/** What a procedure's own context has of the call. */
type CallContext = Pick<Context, 'call' | 'operation'>;

/**
 * Runs a call, and turns our errors into tRPC's, so that statuses are right; a database that is away is UNAVAILABLE, whatever call met it.
 *
 * @param next the rest of the procedure
 */
async function called<Result extends Outcome>({ ctx, path, type }: Called, next: (own: CallContext) => Promise<Result>): Promise<Result> {
  const call = ctx.socket ? callOnSocket(ctx.call) : ctx.call;
  const own = { ...ctx, call, operation: path };
  let result: Result;
  try {
    const caller = ctx.actor ? { userId: ctx.actor.userId } : { address: ctx.address };
    // A call that may wait for something to happen takes a turn for each piece of work instead: see AgentDesk.
    const source = operationNamed(path)?.waits ? null : caller;
    result = await runCall(
      ctx.services,
      call,
      { path, type, over: ctx.socket ? 'socket' : 'http' },
      source,
      () => next({ call, operation: path }),
      ({ ok }) => ok,
    );
  } catch (error) {
    throw failCall(own, error);
  }
  if (result.ok) {
    // Events of a subscription are checked where they are made, once for all who read them.
    if (type !== 'subscription') ctx.services.answers?.answer(path, result.data);
    return result;
  }
  const { cause } = result.error;
  throw failCall(own, AppError.is(cause) ? cause : (unavailableError(cause) ?? result.error));
}

/**
 * Gives a builder an `output` that only notes the declared schema, with the types of tRPC's own. tRPC's own `output` would put a function
 * between every answer and its caller, five microseconds a call.
 */
function noting<Builder extends { meta(meta: ProcedureMeta): unknown }>(builder: Builder): Builder {
  return { ...builder, output: ({ declares }: Declared<unknown>) => builder.meta({ declares }) } as Builder;
}

type NameOf<Who extends string> = {
  [N in ProcedureName]: (typeof operations)[N]['who'] extends Who ? N : never;
}[ProcedureName];
/** Names of the few operations that need no account. */
type OpenName = NameOf<'anyone'>;
type SignedInName = Exclude<ProcedureName, OpenName>;

/** Counts the call against the limits of its row. */
function counted(name: ProcedureName) {
  return t.middleware(async ({ ctx: { services, actor, address, noteLimit }, input, next }) => {
    const giveBack = await consumeLimits(services, name, { actor, address, input, noteLimit });
    const result = await next();
    if (giveBack && result.ok) await giveBack();
    return result;
  });
}

function signedIn(name: SignedInName) {
  return t.procedure.use((call) => called(call, async (own) => call.next({ ctx: { ...own, actor: provenActor(name, call.ctx) } })));
}

const withInput = <Input extends z.ZodType>(name: SignedInName, input: Input) => signedIn(name).input(input).use(counted(name));
const withoutInput = (name: SignedInName) => signedIn(name).use(counted(name));

/**
 * Makes the procedure of this name, with the access and the limits that the table of operations gives it. The limits count only calls by
 * known callers with a valid input. The procedure proves who is calling; what a role in a room allows is decided by `RoomAccess.run` and
 * the use case, from the same table.
 */
export function procedure(name: SignedInName): ReturnType<typeof withoutInput>;
export function procedure<Input extends z.ZodType>(name: SignedInName, input: Input): ReturnType<typeof withInput<Input>>;
export function procedure(name: SignedInName, input?: z.ZodType) {
  return input ? noting(withInput(name, input)) : noting(withoutInput(name));
}

const open = t.procedure.use((call) => called(call, (own) => call.next({ ctx: own })));
const openWithInput = <Input extends z.ZodType>(name: OpenName, input: Input) => open.input(input).use(counted(name));
const openWithoutInput = (name: OpenName) => open.use(counted(name));
/** {@link procedure} for operations that need no account. */
export function openProcedure(name: OpenName): ReturnType<typeof openWithoutInput>;
export function openProcedure<Input extends z.ZodType>(name: OpenName, input: Input): ReturnType<typeof openWithInput<Input>>;
export function openProcedure(name: OpenName, input?: z.ZodType) {
  return input ? noting(openWithInput(name, input)) : noting(openWithoutInput(name));
}
