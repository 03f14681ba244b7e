import { expect, test } from 'vitest';
import type { RoomState } from '../../client/types.js';
import { sinceHistory } from './since-history.js';

const message = (seq: number, more: object = {}) => ({ seq, kind: 'text', deletedAt: null, ...more });
const room = (historyFromSeq: number | undefined, seqs: object[], hasOlder = true) =>
  ({ room: { historyFromSeq }, messages: seqs, hasOlder }) as unknown as RoomState;
const deletedAt = '2026-01-01T00:00:00.000Z';

test('a room of which nothing was removed by its age is as it is', () => {
  const state = room(undefined, [message(1, { deletedAt }), message(2)]);
  expect(sinceHistory(state)).toBe(state);
});

test('what was removed by its age is not shown, and nothing older is asked for', () => {
  const shown = sinceHistory(
    room(3, [message(1, { deletedAt }), message(2, { kind: 'system' }), message(3), message(4, { deletedAt }), message(5)]),
  );
  expect(shown.messages.map(({ seq }) => seq)).toEqual([3, 4, 5]);
  expect(shown.hasOlder).toBe(false);
});

test('what is after the beginning of the history may have older messages before it', () => {
  expect(sinceHistory(room(3, [message(5)])).hasOlder).toBe(true);
  expect(sinceHistory(room(3, [message(4)])).hasOlder).toBe(false);
  expect(sinceHistory(room(3, [message(5)], false)).hasOlder).toBe(false);
});
