import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { durableEventId, ephemeralEventId, revOfEventId } from './event-id.js';
import { channels } from './channels.js';

describe('event ids', () => {
  test('give back the rev they were made of', () => {
    fc.assert(
      fc.property(fc.nat(), fc.stringMatching(/^[\w-]{1,64}$/), fc.nat(), (rev, boot, n) => {
        expect(revOfEventId(durableEventId(rev))).toBe(rev);
        expect(revOfEventId(ephemeralEventId(rev, boot, n))).toBe(rev);
      }),
    );
  });

  test.each(['', 'x', '-1', '1.5', '1:', '1:boot', '1:boot:x', '1:b:2:3', ' 1', '1e3', '99999999999999999999'])(
    '%j is none of ours',
    (id) => {
      expect(revOfEventId(id)).toBeNull();
    },
  );
});

test('only a uuid becomes part of a subject', () => {
  const id = '01a1f754-90a5-7074-ad9a-e6a62183b8ad';
  expect(channels.roomEvents(id.toUpperCase()).subject).toBe(`room.${id}.events`);
  for (const bad of ['*', '>', '', `${id}.>`, 'room']) expect(() => channels.roomEvents(bad)).toThrow(TypeError);
});
