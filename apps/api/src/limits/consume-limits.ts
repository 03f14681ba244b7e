import { operationNamed, type LimitName, type OperationName } from '@parley/contracts';
import type { Actor } from '@parley/core/sessions/actor';
import type { Limits } from '@parley/presence';
import type { ApiLimitRule, LimitRules } from './limit-rules.js';

/** What limits count a call by. */
export interface Caller {
  /** Null for a caller who is not signed in. */
  actor: Actor | null;
  /** The key of the caller's address, see address-key.ts. */
  address: string;
  input?: unknown;
}

/**
 * Counts a call of an operation against the limits of its row.
 *
 * @param column which limits: those of every call, or the one of calls to the AI
 * @returns a function to call once the call has succeeded; null for most operations, which need none
 * @throws AppError RATE_LIMITED with `retryAfterMs`, UNAVAILABLE
 */
export async function consumeLimits(
  { limits, limitRules }: { limits: Limits; limitRules: LimitRules },
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
    await limits.consume(rule, key);
    if (rule.resetBySuccess) toReset.push({ rule, key });
  }
  if (toReset.length === 0) return null;
  return async () => {
    for (const { rule, key } of toReset) await limits.reset(rule, key);
  };
}

function keyOf(name: OperationName, { per }: ApiLimitRule, { actor, address, input }: Caller): string {
  const key = { address, user: actor?.userId, username: usernameOf(name, actor, input) }[per];
  if (key === undefined) throw new TypeError(`${name} is limited per ${per}, and the call has none`);
  return key;
}

/** The caller's own name; where nobody need be signed in, the name that the input tries. */
function usernameOf(name: OperationName, actor: Actor | null, input: unknown): string | undefined {
  if (operationNamed(name).who !== 'anyone') return actor?.username;
  return typeof input === 'object' && input && 'username' in input && typeof input.username === 'string' ? input.username : undefined;
}
