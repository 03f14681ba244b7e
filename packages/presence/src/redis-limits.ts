import { AppError } from '@parley/contracts';
import { RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import { allowanceLeft, assertLimit, ruleKey } from './limit-rule.js';
import type { LimitRule, Limits } from './limits.js';
import { createMemoryLimits } from './memory-limits.js';
import type { RedisConnection } from './redis-connection.js';

/**
 * Counts in milliseconds. The limiter's own script works in whole seconds, and a window below one second would never end. The limiter
 * passes `duration` through as ARGV[2] and takes the remaining time from the reply, so it is enough to give it milliseconds as its
 * "seconds". The reply is one millisecond more than PTTL, because Redis keeps a key through the last one.
 */
const countScript = `
redis.call('SET', KEYS[1], 0, 'PX', ARGV[2], 'NX')
local consumed = redis.call('INCRBY', KEYS[1], ARGV[1])
return {consumed, redis.call('PTTL', KEYS[1]) + 1}`;

/** Limits counted in Redis, for all processes together. Other adapters may share the connection; the last adapter to close ends it. */
export function createRedisLimits(options: { redis: RedisConnection }): Limits {
  const { redis } = options;
  const local = createMemoryLimits();
  const release = redis.share();
  const limiters = new Map<string, RateLimiterRedis>();

  function consumeShared(rule: LimitRule, key: string, points: number): Promise<RateLimiterRes> {
    return redis.run((client) => {
      const id = ruleKey(rule);
      let limiter = limiters.get(id);
      if (!limiter) {
        limiter = new RateLimiterRedis({
          storeClient: client,
          keyPrefix: `${redis.keyPrefix}limit:${id}`,
          points: rule.points,
          duration: rule.windowMs,
          customIncrTtlLuaScript: countScript,
        });
        limiters.set(id, limiter);
      }
      // A refusal by the limiter is an answer, just like a grant. Anything else that is thrown is a failure.
      return limiter.consume(key, points).catch((refusal: unknown) => {
        if (refusal instanceof RateLimiterRes) return refusal;
        throw refusal;
      });
    });
  }

  return {
    async consume(rule, key, points = 1) {
      assertLimit(rule, points);
      let result: RateLimiterRes;
      try {
        result = await consumeShared(rule, key, points);
      } catch (error) {
        // The connection has reported the failure.
        if (rule.whenUnavailable === 'local' && AppError.is(error, 'UNAVAILABLE')) return local.consume(rule, key, points);
        throw error;
      }
      return allowanceLeft(rule, result.consumedPoints, result.msBeforeNext);
    },

    async reset(rule, key) {
      await local.reset(rule, key);
      try {
        await redis.run((client) => client.del(`${redis.keyPrefix}limit:${ruleKey(rule)}:${key}`));
      } catch {
        // The connection has reported the failure; the window ends by itself.
      }
    },

    ping: () => redis.ping(),

    async close() {
      await local.close();
      release();
    },
  };
}
