import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { allowanceLeft, assertLimit, ruleKey } from './limit-rule.js';
import type { LimitRule, Limits } from './limits.js';

/** One rule's counters, and its keys in the order in which their windows end. */
interface Counters {
  limiter: RateLimiterMemory;
  endsAt: Map<string, number>;
}

export interface MemoryLimitsOptions {
  /**
   * Most keys counted at once per rule, so that a flood of made-up names cannot fill the memory. Beyond that, the key whose window ends
   * first gets its allowance back early. @default 100000
   */
  maxKeys?: number;
}

/** Limits counted in this process only: for the embedded shape, and for `local` rules while Redis is away. */
export function createMemoryLimits(options: MemoryLimitsOptions = {}): Limits {
  const { maxKeys = 100_000 } = options;
  const rules = new Map<string, Counters>();

  function countersOf(rule: LimitRule): Counters {
    const id = ruleKey(rule);
    let counters = rules.get(id);
    if (!counters) {
      const limiter = new RateLimiterMemory({ keyPrefix: '', points: rule.points, duration: rule.windowMs / 1000 });
      counters = { limiter, endsAt: new Map() };
      rules.set(id, counters);
    }
    return counters;
  }

  /**
   * Drops keys whose windows ended, and more if there are too many. All windows of a rule are equally long, so they end in the order of
   * insertion, and each key is looked at once.
   */
  function makeRoom({ limiter, endsAt }: Counters): void {
    for (const [key, end] of endsAt) {
      if (end > Date.now() && endsAt.size < maxKeys) return;
      endsAt.delete(key);
      void limiter.delete(key);
    }
  }

  return {
    async consume(rule, key, points = 1) {
      assertLimit(rule, points);
      const counters = countersOf(rule);
      const { limiter, endsAt } = counters;
      if (!endsAt.has(key)) makeRoom(counters);
      const result = await limiter.consume(key, points).catch((refusal: unknown) => refusal);
      if (!(result instanceof RateLimiterRes)) throw result;
      if (result.isFirstInDuration) {
        endsAt.delete(key);
        endsAt.set(key, Date.now() + result.msBeforeNext);
      }
      return allowanceLeft(rule, result.consumedPoints, result.msBeforeNext);
    },

    async reset(rule, key) {
      const { limiter, endsAt } = countersOf(rule);
      endsAt.delete(key);
      await limiter.delete(key);
    },

    async ping() {},

    async close() {
      for (const { limiter, endsAt } of rules.values()) {
        for (const key of endsAt.keys()) await limiter.delete(key);
      }
      rules.clear();
    },
  };
}
