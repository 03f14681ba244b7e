import { AppError } from '@parley/contracts';
import type { Allowance, LimitRule } from './limits.js';

/** The longest delay that a Node timer takes: the memory limiter uses a timer to forget a window. */
const maxWindowMs = 2 ** 31 - 1;

/** Identifies the rule in a store. */
export function ruleKey(rule: LimitRule): string {
  return `${rule.name}/${rule.points}/${rule.windowMs}`;
}

/** @throws RangeError for a rule that cannot be kept, or a call that it could never grant. */
export function assertLimit(rule: LimitRule, points: number): void {
  if (!Number.isInteger(rule.points) || rule.points < 1) {
    throw new RangeError(`limit ${rule.name}: points must be a whole number from 1, not ${rule.points}`);
  }
  if (!Number.isInteger(rule.windowMs) || rule.windowMs < 1 || rule.windowMs > maxWindowMs) {
    throw new RangeError(`limit ${rule.name}: windowMs must be a whole number from 1 to ${maxWindowMs}, not ${rule.windowMs}`);
  }
  if (!Number.isInteger(points) || points < 1 || points > rule.points) {
    throw new RangeError(`limit ${rule.name}: a call takes 1 to ${rule.points} points, not ${points}`);
  }
}

/**
 * What is left once this many points are consumed.
 *
 * @param waitMs until the window ends
 * @throws AppError RATE_LIMITED when more are consumed than the rule has
 */
export function allowanceLeft(rule: LimitRule, consumed: number, waitMs: number): Allowance {
  if (consumed > rule.points) throw rateLimited(waitMs);
  return { remaining: rule.points - consumed, resetMs: Math.max(1, Math.ceil(waitMs)) };
}

/** @param waitMs until the window ends */
function rateLimited(waitMs: number): AppError {
  const retryAfterMs = Math.max(1, Math.ceil(waitMs));
  const seconds = Math.ceil(retryAfterMs / 1000);
  return new AppError('RATE_LIMITED', `Too many at once. Wait ${seconds} ${seconds === 1 ? 'second' : 'seconds'} and try again.`, {
    retryAfterMs,
  });
}
