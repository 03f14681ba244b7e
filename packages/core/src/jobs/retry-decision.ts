import { backoffMs } from '@parley/contracts';

/** An attempt that ended badly. */
export interface FailedAttempt {
  /** Whether the same attempt may succeed a little later. */
  retryable: boolean;
  /** How long the model's provider asked to wait, in milliseconds; null if it did not say. */
  retryAfterMs: number | null;
  /** True if some of the text was shown. That text stays and no attempt follows: half an answer is more than none. */
  shown: boolean;
  /** How many attempts in a row ended badly before this one. */
  tries: number;
}

export interface RetryPolicy {
  /** After so many attempts in a row that ended badly no other follows. */
  maxTries: number;
  /** The first wait, in milliseconds; it doubles with each try. */
  firstDelayMs: number;
  /** The longest wait, in milliseconds, even if the provider asks for a longer one. */
  maxDelayMs: number;
}

export type RetryDecision = { kind: 'retry'; delayMs: number } | { kind: 'fail' };

/** True if a job whose last attempts, `tries` in a row, ended badly is tried no more. */
export function exhausted(tries: number, maxTries: number): boolean {
  return tries >= maxTries;
}

/**
 * Decides whether another attempt follows a failed one, and when: after the provider's wait or our own backoff, whichever is longer.
 *
 * @param random in [0, 1)
 */
export function decideRetry(failed: FailedAttempt, policy: RetryPolicy, random: number): RetryDecision {
  if (!failed.retryable || failed.shown || exhausted(failed.tries + 1, policy.maxTries)) return { kind: 'fail' };
  const ownMs = backoffMs(failed.tries, { firstMs: policy.firstDelayMs, maxMs: policy.maxDelayMs }, random);
  return { kind: 'retry', delayMs: Math.round(Math.min(policy.maxDelayMs, Math.max(failed.retryAfterMs ?? 0, ownMs))) };
}
