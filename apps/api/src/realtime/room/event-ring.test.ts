import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EventRing } from './event-ring.js';
import { durableOut } from './out-event.js';

const out = (rev: number) => durableOut({ type: 'resync', rev } as never);
const revs = (events: { id: string }[] | null) => events && events.map(({ id }) => Number(id));

describe('event ring', () => {
  test('gives exactly what was pushed after a position, or says that it cannot', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.nat(50),
        fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 120 }),
        fc.nat(400),
        (capacity, floor, steps, position) => {
          const ring = new EventRing(capacity, floor);
          const pushed: number[] = [];
          let rev = floor;
          for (const step of steps) {
            rev += step;
            pushed.push(rev);
            ring.push(out(rev));
          }
          const got = revs(ring.after(position));
          const expected = pushed.filter((each) => each > position);
          if (got) expect(got).toEqual(expected);
          // The ring may refuse only a position before the floor, or one older than it promised to keep.
          else expect(position < floor || expected.length >= Math.min(capacity, pushed.length)).toBe(true);
        },
      ),
    );
  });

  test('keeps at least its capacity and less than twice that', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 0, max: 500 }), (capacity, count) => {
        const ring = new EventRing(capacity, 0);
        for (let rev = 1; rev <= count; rev++) ring.push(out(rev));
        const kept = Array.from({ length: count + 1 }, (_, position) => ring.after(position)).find((events) => events !== null)!;
        expect(kept.length).toBeGreaterThanOrEqual(Math.min(capacity, count));
        expect(kept.length).toBeLessThan(capacity * 2);
      }),
    );
  });

  test('after a reset it knows nothing up to the new floor', () => {
    const ring = new EventRing(4, 0);
    for (const rev of [1, 2, 3]) ring.push(out(rev));
    ring.reset(10);
    expect(ring.after(3)).toBeNull();
    expect(ring.after(9)).toBeNull();
    expect(ring.after(10)).toEqual([]);
    ring.push(out(12));
    expect(revs(ring.after(10))).toEqual([12]);
    expect(ring.after(12)).toEqual([]);
  });
});
