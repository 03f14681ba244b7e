import { AppError, decide, type OperationName } from '@parley/contracts';
import { refusalError, type Actor } from '@parley/core';
import { consumeLimits } from './limits/consume-limits.js';
import type { ApiServices } from './services.js';

/** Who calls, as every surface can tell. */
export interface Caller {
  /** Null without a valid access token. */
  actor: Actor | null;
  /** Why there is no actor, when a token was sent. */
  authError: Error | null;
  /** Whom the caller's address stands for, see limits/address-key.ts: for limits. */
  address: string;
}

/**
 * Who is calling, where the operation is for those with an account. What depends on a room, or on whose the thing is, is decided by
 * `RoomAccess.run` and the use case, from the same table.
 *
 * @throws AppError UNAUTHENTICATED and the like, FORBIDDEN
 */
export function provenActor(name: OperationName, { actor, authError }: Caller): Actor {
  // Whoever could not be looked up is not told to sign in again: the error that met it says what it was.
  if (!actor) throw authError ?? new AppError('UNAUTHENTICATED');
  const decision = decide(name, { instanceRole: actor.role });
  if (decision.kind === 'refused' && decision.reason === 'notAdmin') throw refusalError(decision);
  return actor;
}

/**
 * Lets one call of an operation in, by any door but tRPC's, whose `procedure` does the same with the input's parsing between: the
 * caller is known, the operation is for them, and its limits have room.
 *
 * @throws AppError UNAUTHENTICATED and the like, FORBIDDEN, RATE_LIMITED, UNAVAILABLE
 */
export async function admit(services: Pick<ApiServices, 'limits' | 'limitRules'>, name: OperationName, caller: Caller): Promise<Actor> {
  const actor = provenActor(name, caller);
  await consumeLimits(services, name, { actor, address: caller.address });
  return actor;
}

/**
 * Runs a call: bounded while the database is away, and measured.
 *
 * @param isOk of a result that may be a failure
 */
export async function runCall<T>(
  { calls, metrics }: Pick<ApiServices, 'calls' | 'metrics'>,
  labels: { path: string; type: string },
  work: () => Promise<T>,
  isOk: (result: T) => boolean = () => true,
): Promise<T> {
  const startedAt = performance.now();
  let ok = false;
  try {
    // A subscription only begins here; what it reads is bounded where it is read.
    const result = await (labels.type === 'subscription' ? work() : calls.run(work));
    ok = isOk(result);
    return result;
  } finally {
    metrics.calls.observe({ ...labels, outcome: ok ? 'ok' : 'error' }, (performance.now() - startedAt) / 1000);
  }
}
