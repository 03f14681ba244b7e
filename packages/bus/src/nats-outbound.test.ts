import { describe, expect, it } from 'vitest';
import { createOutboundGuard } from './nats-outbound.js';

const mebibyte = 1024 * 1024;

/** A broker that answers a ping when told to. */
function slowBroker() {
  const pings: (() => void)[] = [];
  return {
    flush: () => new Promise<void>((resolve) => pings.push(resolve)),
    pings,
    async answer() {
      pings.shift()!();
      await Promise.resolve();
    },
  };
}

describe('createOutboundGuard', () => {
  it('refuses what would exceed the limit until the broker has answered', async () => {
    const broker = slowBroker();
    const guard = createOutboundGuard(broker.flush, 4 * mebibyte);
    expect([1, 2, 3, 4, 5].map(() => guard.take(mebibyte))).toEqual([true, true, true, true, false]);
    expect(guard.take(1)).toBe(false);
    expect(broker.pings).toHaveLength(1);
    // The first ping was sent before the second mebibyte, so its answer says that the broker has read one mebibyte.
    await broker.answer();
    expect([guard.take(mebibyte), guard.take(1)]).toEqual([true, false]);
    await broker.answer();
    expect(guard.take(3 * mebibyte)).toBe(true);
  });

  it('asks once for each mebibyte or more, not for each message', () => {
    const broker = slowBroker();
    const guard = createOutboundGuard(broker.flush, 64 * mebibyte);
    for (let i = 0; i < 1024; i++) guard.take(1024);
    expect(broker.pings).toHaveLength(0);
    for (let i = 0; i < 10_000; i++) guard.take(1024);
    expect(broker.pings).toHaveLength(1);
  });

  it('never refuses for good when the limit is smaller than what is asked for', async () => {
    const broker = slowBroker();
    const guard = createOutboundGuard(broker.flush, 100);
    expect([guard.take(100), guard.take(1)]).toEqual([true, false]);
    await broker.answer();
    expect(guard.take(100)).toBe(true);
  });
});
