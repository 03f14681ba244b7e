import { AppError, operationNamed, type LimitName, type OperationName } from '@parley/contracts';
import type { Actor } from '@parley/core/sessions/actor';
import type { Allowance, Limits } from '@parley/presence';
import { networkOf } from './address-key.js';
import type { CallBrake } from './call-brake.js';
import type { ApiLimitRule, LimitRules } from './limit-rules.js';

/** What limits count a call by. */
export interface Caller {
  /** Null for a caller who is not signed in. */
  actor: Actor | null;
  /** The key of the caller's address, see address-key.ts. */
  address: string;
  input?: unknown;
  /** Told of each limit that the call counted against, and what it left; after a refusal nothing is left. */
  noteLimit?: LimitNote | undefined;
}

export type LimitNote = (rule: ApiLimitRule, left: Allowance) => void;

/** What counting a call takes of the API's services. */
export interface LimitServices {
  limits: Limits;
  limitRules: LimitRules;
  brake: CallBrake;
}

/**
 * Counts a call of an operation against the limits of its row. Where a limit brakes, the call waits above it.
 *
 * @param column which limits: those of every call, or the one of calls to the AI
 * @returns a function to call once the call has succeeded; null for most operations, which need none
 * @throws AppError RATE_LIMITED with `retryAfterMs`, UNAVAILABLE
 */
export async function consumeLimits(
  { limits, limitRules, brake }: LimitServices,
  name: OperationName,
  caller: Caller,
  column: 'limit' | 'aiLimit' = 'limit',
): Promise<(() => Promise<void>) | null> {
  const { [column]: limit = null } = operationNamed(name);
  const names: readonly LimitName[] = limit === null ? [] : typeof limit === 'string' ? [limit] : limit;
  const toReset: { rule: ApiLimitRule; key: string }[] = [];
  for (const each of names) {
    const rule: ApiLimitRule = limitRules[each];
    const key = keyOf(name, rule, caller);
    try {
      const left = await limits.consume(rule, key);
      caller.noteLimit?.(rule, left);
    } catch (error) {
      if (AppError.is(error, 'RATE_LIMITED')) caller.noteLimit?.(rule, { remaining: 0, resetMs: error.details.retryAfterMs ?? 1 });
      if (rule.brakeMs === undefined || !AppError.is(error, 'RATE_LIMITED')) throw error;
      await brake.hold(`${rule.name} ${key}`, networkOf(caller.address), rule.brakeMs);
    }
    if (rule.resetBySuccess) toReset.push({ rule, key });
  }
  if (toReset.length === 0) return null;
  return async () => {
    for (const { rule, key } of toReset) await limits.reset(rule, key);
  };
}

function keyOf(name: OperationName, { per }: ApiLimitRule, { actor, address, input }: Caller): string {
  const username = namedUsername(input);
  const withName = (first: string | undefined) => (username === undefined || first === undefined ? undefined : `${first} ${username}`);
  const keys = {
    address,
    user: actor?.userId,
    username,
    usernameAtAddress: withName(address),
    userAndUsername: withName(actor?.userId),
  };
  const key = keys[per];
  if (key === undefined) throw new TypeError(`${name} is limited per ${per}, and the call has none`);
  return key;
}

/** The name that a sign-in tries, or that a call is about. */
function namedUsername(input: unknown): string | undefined {
  return typeof input === 'object' && input && 'username' in input && typeof input.username === 'string' ? input.username : undefined;
}
