import { AppError, type operations, type ProcedureName } from '@parley/contracts';
import { initTRPC } from '@trpc/server';
import type { z } from 'zod';
import type { Declared, ProcedureMeta } from './answers/declared.js';
import { provenActor, runCall } from './admit.js';
import type { Context } from './context.js';
import { consumeLimits } from './limits/consume-limits.js';
import { formatError, toTrpcError, trpcErrorDataSchema, unavailableError } from './trpc-errors.js';

const t = initTRPC
  .context<Context>()
  .meta<ProcedureMeta>()
  .create({
    errorFormatter({ shape, error, ctx }) {
      const formatted = formatError(shape, error, ctx?.call.correlationId);
      try {
        ctx?.services.answers?.allows(trpcErrorDataSchema, formatted.data, `an error of ${formatted.data.path}`);
        return formatted;
      } catch (cause) {
        ctx?.services.log.error({ err: cause, ...ctx.call }, 'an error says what is not declared');
        return formatError(shape, toTrpcError(new AppError('INTERNAL')), ctx?.call.correlationId);
      }
    },
    sse: { ping: { enabled: true, intervalMs: 15_000 }, client: { reconnectAfterInactivityMs: 40_000 } },
  });

export const router = t.router;

interface Called {
  ctx: Context;
  path: string;
  type: string;
}

/** What tRPC's `next` resolves to: how the rest of the procedure ended. */
type Outcome = { ok: true; data: unknown } | { ok: false; error: Error };

/**
 * Runs a call, and turns our errors into tRPC's, so that statuses are right; a database that is away is UNAVAILABLE, whatever call met it.
 *
 * @param next the rest of the procedure
 */
async function called<Result extends Outcome>({ ctx, path, type }: Called, next: () => Promise<Result>): Promise<Result> {
  let result: Result;
  try {
    const source = ctx.actor ? { userId: ctx.actor.userId } : { address: ctx.address };
    result = await runCall(ctx.services, ctx.call, { path, type }, source, next, ({ ok }) => ok);
  } catch (error) {
    throw AppError.is(error) ? toTrpcError(error) : error;
  }
  if (result.ok) {
    // Events of a subscription are checked where they are made, once for all who read them.
    if (type !== 'subscription') ctx.services.answers?.answer(path, result.data);
    return result;
  }
  const { cause } = result.error;
  if (AppError.is(cause)) throw toTrpcError(cause);
  const unavailable = unavailableError(cause);
  if (unavailable) throw toTrpcError(unavailable);
  return result;
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
  return t.middleware(async ({ ctx: { services, actor, address }, input, next }) => {
    const giveBack = await consumeLimits(services, name, { actor, address, input });
    const result = await next();
    if (giveBack && result.ok) await giveBack();
    return result;
  });
}

function signedIn(name: SignedInName) {
  return t.procedure.use((call) => called(call, async () => call.next({ ctx: { actor: provenActor(name, call.ctx) } })));
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

/** {@link procedure} for operations that need no account. */
export function openProcedure<Input extends z.ZodType>(name: OpenName, input: Input) {
  const open = t.procedure.use((call) => called(call, call.next));
  return noting(open.input(input).use(counted(name)));
}
