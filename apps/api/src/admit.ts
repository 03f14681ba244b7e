import { inCall, inSpan, type Call } from '@parley/bus';
import { AppError, decide, operationNamed, type OperationName } from '@parley/contracts';
import { refusalError } from '@parley/core/access/ensure-may';
import { keyAllows } from '@parley/core/access/key-rooms';
import type { Actor, KeyRights } from '@parley/core/sessions/actor';
import { consumeLimits } from './limits/consume-limits.js';
import { unavailableError } from './trpc-errors.js';
import type { CallSource } from './operations/database-calls.js';
import type { ApiServices } from './services.js';

/** Who calls, in the form that every surface can find out. */
export interface Caller {
  /** Null without a valid access token. */
  actor: Actor | null;
  /** Why there is no actor, when a token was sent. */
  authError: Error | null;
  /** The key that rate limits count the caller's address by, see limits/address-key.ts. */
  address: string;
}

/**
 * Who is calling an operation that needs an account. Whether the caller has the right in this room, or to this thing, is decided later
 * by `RoomAccess.run` and the use case, from the same table.
 *
 * @throws AppError UNAUTHENTICATED and the like, FORBIDDEN
 */
export function provenActor(name: OperationName, { actor, authError }: Caller): Actor {
  // `authError` says why the caller is unknown. After a failed look-up it must not tell the caller to sign in again.
  if (!actor) throw authError ?? new AppError('UNAUTHENTICATED');
  const decision = decide(name, { instanceRole: actor.role });
  if (decision.kind === 'refused' && decision.reason === 'notAdmin') throw refusalError(decision);
  if (actor.key && !keyAllows(actor.key, name)) throw new AppError('FORBIDDEN', keyRefusal(actor.key, name));
  return actor;
}

function keyRefusal({ scopes }: KeyRights, name: OperationName): string {
  const { scope } = operationNamed(name);
  if (scope === 'account') return 'No key can do that. Sign in with the password.';
  return scopes.includes(scope) ? 'This key is for certain rooms only. Make one for all rooms.' : `This key has no scope ${scope}.`;
}

/**
 * Runs work for a call: has it wait for its caller's turn, limits its time while the database is away, and measures it.
 *
 * @param source whose call it is; null for what lasts, such as a file that is sent slowly, which waits for no turn and takes none
 * @param isOk says whether a result counts as success
 */
export async function runCall<T>(
  { calls, metrics, tracer }: Pick<ApiServices, 'calls' | 'metrics' | 'tracer'>,
  call: Call,
  labels: { path: string; type: string; over?: 'http' | 'socket' },
  source: CallSource | null,
  work: () => Promise<T>,
  isOk: (result: T) => boolean = () => true,
): Promise<T> {
  const startedAt = performance.now();
  let ok = false;
  try {
    // This call only starts a subscription. The subscription limits its own reads.
    const { path, type, over = 'http' } = labels;
    // The operation's span begins with its turn; that around it tells how long the call waited.
    const operate = () => inSpan(tracer, { name: path, isOk }, work);
    const arrived = { name: `${over} ${path}`, kind: 'server', mayBegin: true, isOk, facts: { 'parley.type': type } } as const;
    const result = await inCall(call, () =>
      inSpan(tracer, { ...arrived, facts: { ...arrived.facts, 'parley.correlation_id': call.correlationId } }, () =>
        type === 'subscription' ? operate() : calls.run(operate, source ?? undefined),
      ),
    );
    ok = isOk(result);
    return result;
  } finally {
    metrics.noteCall(labels, ok ? 'ok' : 'error', (performance.now() - startedAt) / 1000);
  }
}

export interface ServedCall {
  name: OperationName;
  /** The type under which the call is measured; `subscription` for work that only begins a subscription. */
  type: 'file' | 'subscription';
  call: Call;
  /** Finds out who calls. The time that this takes counts as part of the call. */
  caller: () => Promise<Caller>;
}

/**
 * Serves one call of an operation, on every surface but tRPC, whose `procedure` does the same and parses the input between. It checks
 * that the caller is known, that the operation is for them, and that their rate limits have room; then it does the work. All of it is
 * done and measured for the call: {@link runCall}.
 *
 * @throws AppError UNAUTHENTICATED and the like, FORBIDDEN, RATE_LIMITED, UNAVAILABLE; what the work throws
 */
export function serveCall<T>(
  services: Pick<ApiServices, 'limits' | 'limitRules' | 'brake' | 'calls' | 'metrics' | 'refusals' | 'tracer'>,
  { name, type, call, caller }: ServedCall,
  work: (actor: Actor) => Promise<T>,
): Promise<T> {
  const served = runCall(services, call, { path: name, type }, null, async () => {
    const known = await caller();
    try {
      const actor = provenActor(name, known);
      await consumeLimits(services, name, { actor, address: known.address });
      return await work(actor);
    } catch (error) {
      if (AppError.is(error)) {
        const { actor, address } = known;
        services.refusals.noteError(error, { userId: actor?.userId, address, operation: name, correlationId: call.correlationId });
      }
      throw error;
    }
  });
  return served.catch((error: unknown) => {
    services.metrics.noteError(AppError.is(error) ? error.code : (unavailableError(error)?.code ?? 'INTERNAL'));
    throw error;
  });
}
