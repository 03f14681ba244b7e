import { afterEach, beforeEach, expect, it } from 'vitest';
import { describeLimits, refusalOf } from './limits.contract.js';
import type { LimitRule } from './limits.js';
import { createRedisLimits } from './redis-limits.js';
import { keysOf, openRedisCorner, type RedisCorner } from './redis.fixture.js';

describeLimits('Redis', async () => {
  const corner = openRedisCorner();
  return {
    limits: createRedisLimits({ redis: corner.connect() }),
    pass: (ms) => corner.pass(ms),
    dispose: () => corner.dispose(),
  };
});

const rule: LimitRule = { name: 'login', points: 4, windowMs: 60_000, whenUnavailable: 'refuse' };

let corner: RedisCorner;
beforeEach(() => void (corner = openRedisCorner()));
afterEach(() => corner.dispose());

it('counts for all processes together, and gives back to all', async () => {
  const a = createRedisLimits({ redis: corner.connect() });
  const b = createRedisLimits({ redis: corner.connect() });
  const outcomes = await Promise.allSettled(Array.from({ length: 20 }, (_, call) => (call % 2 ? a : b).consume(rule, 'alice')));
  expect(outcomes.filter((outcome) => outcome.status === 'fulfilled')).toHaveLength(rule.points);
  await a.reset(rule, 'alice');
  for (let call = 0; call < rule.points; call += 1) await b.consume(rule, 'alice');
  expect((await refusalOf(a.consume(rule, 'alice'))).code).toBe('RATE_LIMITED');
  await Promise.all([a.close(), b.close()]);
});

it('keeps one key per rule and key, which ends with its window', async () => {
  const redis = corner.connect();
  const limits = createRedisLimits({ redis });
  await limits.consume(rule, 'alice');
  await limits.consume(rule, 'alice');
  const keys = await keysOf(redis);
  expect(keys).toEqual([`${redis.keyPrefix}limit:login/4/60000:alice`]);
  const endsInMs = await redis.run((client) => client.pttl(keys[0]!));
  expect(endsInMs).toBeGreaterThan(0);
  expect(endsInMs).toBeLessThanOrEqual(rule.windowMs);
  await limits.close();
});
