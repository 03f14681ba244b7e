import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DeltaReassembler } from './delta-reassembler.js';
import type { Delta, Snapshot } from './room-event.js';

const messageId = 'm';

/** A text cut into deltas of one attempt. */
const cutText = fc
  .tuple(fc.string({ unit: 'binary', minLength: 1, maxLength: 60 }), fc.array(fc.nat(60), { maxLength: 12 }))
  .map(([text, cuts]) => {
    const points = [...new Set([0, ...cuts.map((cut) => Math.min(cut, text.length)), text.length])].toSorted((a, b) => a - b);
    return { text, pieces: points.slice(1).map((end, i) => ({ offset: points[i]!, text: text.slice(points[i]!, end) })) };
  });

function deltas(pieces: { offset: number; text: string }[], attempt: number): Delta[] {
  return pieces.map((piece) => ({ messageId, attempt, ...piece }));
}

describe('DeltaReassembler', () => {
  test('any order, with anything twice, gives the text once', () => {
    fc.assert(
      fc.property(
        cutText.chain(({ text, pieces }) =>
          fc.tuple(
            fc.constant(text),
            fc.shuffledSubarray([...pieces, ...pieces], { minLength: pieces.length * 2, maxLength: pieces.length * 2 }),
          ),
        ),
        ([text, shuffled]) => {
          const reassembler = new DeltaReassembler();
          for (const delta of deltas(shuffled, 1)) reassembler.applyDelta(delta);
          expect(reassembler.get(messageId)).toMatchObject({ attempt: 1, text, hole: false });
        },
      ),
    );
  });

  test('whatever is lost, what is shown is a prefix; the snapshot heals it, wherever it comes', () => {
    fc.assert(
      fc.property(
        cutText.chain(({ text, pieces }) =>
          fc.tuple(fc.constant({ text, pieces }), fc.shuffledSubarray(pieces), fc.nat(text.length), fc.nat(20)),
        ),
        ([{ text, pieces }, kept, known, at]) => {
          const reassembler = new DeltaReassembler();
          const snapshot: Snapshot = { messageId, attempt: 1, text: text.slice(0, known) };
          deltas(kept, 1).forEach((delta, index) => {
            if (index === at) reassembler.applySnapshot(snapshot);
            reassembler.applyDelta(delta);
            expect(text.startsWith(reassembler.get(messageId)!.text)).toBe(true);
          });
          reassembler.applySnapshot({ messageId, attempt: 1, text });
          for (const delta of deltas(pieces, 1)) reassembler.applyDelta(delta);
          expect(reassembler.get(messageId)).toMatchObject({ text, hole: false });
        },
      ),
    );
  });

  test('a later attempt starts over, and nothing of an earlier one comes back', () => {
    fc.assert(
      fc.property(cutText, cutText, fc.infiniteStream(fc.boolean()), (first, second, choices) => {
        const reassembler = new DeltaReassembler();
        const early = deltas(first.pieces, 1);
        const late = deltas(second.pieces, 2);
        // Interleave the attempts, but keep the order within each: one publisher's messages keep their order.
        let current = 0;
        for (const secondNext of choices) {
          const delta = (secondNext ? late.shift() : early.shift()) ?? early.shift() ?? late.shift();
          if (!delta) break;
          reassembler.applyDelta(delta);
          current = Math.max(current, delta.attempt);
          expect(reassembler.get(messageId)!.attempt).toBe(current);
        }
        expect(reassembler.get(messageId)).toMatchObject({ attempt: 2, text: second.text });
      }),
    );
  });

  test('a sealed attempt is over, and so is all below it; the next begins as if nothing had been', () => {
    const reassembler = new DeltaReassembler();
    reassembler.applyDelta({ messageId, attempt: 2, offset: 0, text: 'shown' });
    reassembler.seal(messageId, 2);
    expect(reassembler.get(messageId)).toBeUndefined();
    expect([...reassembler.inProgress()]).toEqual([]);
    expect(reassembler.applyDelta({ messageId, attempt: 2, offset: 5, text: ' late' })).toEqual({ kind: 'ignored' });
    expect(reassembler.applyDelta({ messageId, attempt: 1, offset: 0, text: 'older' })).toEqual({ kind: 'ignored' });
    expect(reassembler.applySnapshot({ messageId, attempt: 2, text: 'shown and more' })).toEqual({ kind: 'ignored' });
    expect(reassembler.applyDelta({ messageId, attempt: 3, offset: 0, text: 'again' })).toEqual({ kind: 'changed', appended: 'again' });
    expect(reassembler.get(messageId)).toMatchObject({ attempt: 3, text: 'again' });
  });

  test('a seal that comes before any text holds', () => {
    const reassembler = new DeltaReassembler();
    reassembler.seal(messageId, 1);
    expect(reassembler.applyDelta({ messageId, attempt: 1, offset: 0, text: 'late' })).toEqual({ kind: 'ignored' });
  });

  test('a snapshot of a lower attempt, or not longer, is ignored', () => {
    const reassembler = new DeltaReassembler();
    reassembler.applyDelta({ messageId, attempt: 2, offset: 0, text: 'abc' });
    expect(reassembler.applySnapshot({ messageId, attempt: 1, text: 'a much longer one' })).toEqual({ kind: 'ignored' });
    expect(reassembler.applySnapshot({ messageId, attempt: 2, text: 'abc' })).toEqual({ kind: 'ignored' });
    expect(reassembler.applySnapshot({ messageId, attempt: 2, text: 'abcd' })).toEqual({ kind: 'changed', appended: 'd' });
  });

  test('what waits behind a hole is bounded, and the hole stays visible', () => {
    const reassembler = new DeltaReassembler({ maxWaitingDeltas: 2, maxWaitingUnits: 8 });
    for (const offset of [2, 4, 6, 8])
      expect(reassembler.applyDelta({ messageId, attempt: 1, offset, text: 'xx' })).toEqual({ kind: 'hole' });
    expect(reassembler.get(messageId)).toMatchObject({ text: '', hole: true });
    expect(reassembler.applyDelta({ messageId, attempt: 1, offset: 0, text: 'aa' })).toEqual({ kind: 'changed', appended: 'aaxxxx' });
  });

  test('deltas of unknown messages are kept, for so many messages and no more', () => {
    const reassembler = new DeltaReassembler({ maxReplies: 3 });
    for (const id of ['a', 'b', 'c', 'd']) reassembler.applyDelta({ messageId: id, attempt: 1, offset: 0, text: id });
    expect(reassembler.size).toBe(3);
    expect(reassembler.get('a')).toBeUndefined();
    expect(reassembler.get('d')).toMatchObject({ text: 'd' });
  });
});
