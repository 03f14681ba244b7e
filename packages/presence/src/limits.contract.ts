import { AppError } from '@parley/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LimitRule, Limits } from './limits.js';

export interface LimitsHarness {
  limits: Limits;
  /** Lets time pass for the store. */
  pass(ms: number): Promise<void>;
  dispose(): Promise<void>;
}

const rule: LimitRule = { name: 'login', points: 3, windowMs: 60_000, whenUnavailable: 'refuse' };

/** What the call was refused with. Fails if it was not refused. */
export async function refusalOf(call: Promise<unknown>): Promise<AppError> {
  const outcome = await call.then(
    () => 'the call was allowed',
    (error: unknown) => error,
  );
  if (!AppError.is(outcome)) throw new Error(`expected an AppError, got ${String(outcome)}`);
  return outcome;
}

export function describeLimits(name: string, open: () => Promise<LimitsHarness>): void {
  describe(`limits: ${name}`, () => {
    let harness: LimitsHarness;
    let limits: Limits;

    beforeEach(async () => {
      harness = await open();
      limits = harness.limits;
    });
    afterEach(async () => {
      await limits.close();
      await harness.dispose();
    });

    async function useUp(used: LimitRule, key: string): Promise<void> {
      for (let call = 0; call < used.points; call += 1) await limits.consume(used, key);
    }

    it('allows as many calls as the rule says and refuses the next with the time to wait', async () => {
      await useUp(rule, 'alice');
      const refusal = await refusalOf(limits.consume(rule, 'alice'));
      expect(refusal.code).toBe('RATE_LIMITED');
      const { retryAfterMs } = refusal.details;
      expect(retryAfterMs).toBeGreaterThanOrEqual(1);
      expect(retryAfterMs).toBeLessThanOrEqual(rule.windowMs + 1);
      expect(Number.isInteger(retryAfterMs)).toBe(true);
      expect(refusal.message).toContain(`Wait ${Math.ceil(retryAfterMs! / 1000)} seconds`);
    });

    it('says what is left of the allowance, and until when', async () => {
      for (const remaining of [2, 1, 0]) {
        const left = await limits.consume(rule, 'alice');
        expect(left.remaining).toBe(remaining);
        expect(left.resetMs).toBeGreaterThanOrEqual(1);
        expect(left.resetMs).toBeLessThanOrEqual(rule.windowMs + 1);
        expect(Number.isInteger(left.resetMs)).toBe(true);
      }
      expect(await limits.consume(rule, 'bob', 2)).toMatchObject({ remaining: 1 });
    });

    it('allows exactly the allowance to calls made at once', async () => {
      const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => limits.consume(rule, 'alice')));
      expect(outcomes.filter((outcome) => outcome.status === 'fulfilled')).toHaveLength(rule.points);
    });

    it('takes several points at once', async () => {
      await limits.consume(rule, 'alice', 2);
      expect((await refusalOf(limits.consume(rule, 'alice', 2))).code).toBe('RATE_LIMITED');
    });

    it('keeps keys and rules apart', async () => {
      await useUp(rule, 'alice');
      await limits.consume(rule, 'bob');
      await limits.consume({ ...rule, name: 'register' }, 'alice');
      await limits.consume({ ...rule, points: 4 }, 'alice');
      await limits.consume({ ...rule, windowMs: 30_000 }, 'alice');
      expect((await refusalOf(limits.consume(rule, 'alice'))).code).toBe('RATE_LIMITED');
    });

    it('counts by what the rule says, not by which object says it', async () => {
      await useUp(rule, 'alice');
      expect((await refusalOf(limits.consume({ ...rule }, 'alice'))).code).toBe('RATE_LIMITED');
    });

    it('lets the same call succeed after retryAfterMs, however often it was refused meanwhile', async () => {
      const short: LimitRule = { ...rule, windowMs: 50_000 };
      await useUp(short, 'alice');
      const first = await refusalOf(limits.consume(short, 'alice'));
      expect(first.message).toBe(`Too many at once. Wait ${Math.ceil(first.details.retryAfterMs! / 1000)} seconds and try again.`);
      await harness.pass(5_000);
      const second = await refusalOf(limits.consume(short, 'alice'));
      expect(second.details.retryAfterMs!).toBeLessThan(first.details.retryAfterMs!);
      await harness.pass(second.details.retryAfterMs! - 20_000);
      expect((await refusalOf(limits.consume(short, 'alice'))).code).toBe('RATE_LIMITED');
      await harness.pass(20_000);
      await useUp(short, 'alice');
      expect((await refusalOf(limits.consume(short, 'alice'))).code).toBe('RATE_LIMITED');
    });

    it('gives the whole allowance back on reset, to that key and rule only', async () => {
      const other: LimitRule = { ...rule, name: 'register' };
      await useUp(rule, 'alice');
      await useUp(rule, 'bob');
      await useUp(other, 'alice');
      await limits.reset(rule, 'alice');
      await useUp(rule, 'alice');
      expect((await refusalOf(limits.consume(rule, 'bob'))).code).toBe('RATE_LIMITED');
      expect((await refusalOf(limits.consume(other, 'alice'))).code).toBe('RATE_LIMITED');
    });

    it('resets what was never counted', async () => {
      await limits.reset(rule, 'nobody');
      await useUp(rule, 'nobody');
    });

    it('rejects what no wait could ever grant as a mistake of the caller', async () => {
      await expect(limits.consume(rule, 'alice', 4)).rejects.toThrow(RangeError);
      await expect(limits.consume(rule, 'alice', 0)).rejects.toThrow(RangeError);
      await expect(limits.consume(rule, 'alice', 0.5)).rejects.toThrow(RangeError);
      await expect(limits.consume({ ...rule, points: 0 }, 'alice')).rejects.toThrow(RangeError);
      await expect(limits.consume({ ...rule, windowMs: 0 }, 'alice')).rejects.toThrow(RangeError);
      await expect(limits.consume({ ...rule, windowMs: 2 ** 31 }, 'alice')).rejects.toThrow(RangeError);
    });

    it('answers a ping and closes twice', async () => {
      await expect(limits.ping()).resolves.toBeUndefined();
      await limits.close();
      await expect(limits.close()).resolves.toBeUndefined();
    });
  });
}
