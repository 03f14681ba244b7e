import type { MessageView, RoomEvent } from '@parley/contracts';
import { expect, test } from 'vitest';
import { message } from '../../testing/views.js';
import { ReplyDeltas } from './reply-deltas.js';

const messageId = '22222222-2222-4222-8222-222222222222';
const delta = (offset: number, text: string, attempt = 1): RoomEvent => ({ type: 'delta', messageId, attempt, offset, text });
const reply = (more: Partial<MessageView>): RoomEvent => ({
  type: 'message',
  rev: 1,
  message: message(1, 1, { id: messageId, kind: 'reply', attempt: 1, ...more }),
});
/** What is yielded for these events: of deltas, where each begins and what it says. */
const yielded = (...events: RoomEvent[]) => {
  const deltas = new ReplyDeltas();
  return events
    .flatMap((event) => [...deltas.take(event)])
    .map((event) => (event.type === 'delta' ? `${event.attempt}/${event.offset} ${event.text}` : event.type));
};

test('pieces that come twice, overlap, or are left out and made up for by a snapshot, follow each other', () => {
  expect(
    yielded(delta(0, 'The '), delta(0, 'The ti'), delta(4, 'ti'), delta(8, ' in'), {
      type: 'snapshot',
      messageId,
      attempt: 1,
      text: 'The tide',
    }),
  ).toEqual(['1/0 The ', '1/4 ti', '1/6 de in']);
});

test('who comes in the middle is given the text so far; a new attempt starts over, and a late piece of the old one is nothing', () => {
  expect(
    yielded(
      { type: 'hello', rev: 0, seq: 0, replies: [{ messageId, attempt: 1, text: 'So far' }] },
      delta(6, ', so'),
      reply({ status: 'streaming', attempt: 2 }),
      delta(0, 'Again', 2),
      delta(10, ' good'),
    ),
  ).toEqual(['hello', '1/0 So far', '1/6 , so', 'message', '2/0 Again']);
});

test('the end brings what is left of the text, and nothing after it', () => {
  expect(yielded(delta(0, 'The'), reply({ status: 'complete', content: 'The tide' }), delta(3, ' ti'))).toEqual([
    '1/0 The',
    '1/3  tide',
    'message',
  ]);
  expect(yielded(reply({ status: 'complete', content: 'The tide' }))).toEqual(['message']);
  expect(yielded(delta(0, 'An'), reply({ status: 'failed', content: '' }))).toEqual(['1/0 An', 'message']);
});
