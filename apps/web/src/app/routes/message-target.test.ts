import { expect, test } from 'vitest';
import { messageTarget } from './message-target.js';

const id = '019a0000-0000-7000-8000-000000000001';

test('an address may name a message, and where it stands', () => {
  expect(messageTarget({ hash: `message-${id}`, search: { at: 31 }, state: { __TSR_key: 'k' } })).toEqual({
    messageId: id,
    seq: 31,
    visit: 'k',
  });
  expect(messageTarget({ hash: `#message-${id.toUpperCase()}`, search: {}, state: {} })).toEqual({ messageId: id, seq: null, visit: '' });
});

test.each([{ at: 'x' }, { at: -1 }, { at: 1.5 }, { at: 0 }])('a place that is none is left out: %j', (search) => {
  expect(messageTarget({ hash: `message-${id}`, search, state: {} })?.seq).toBeNull();
});

test('any other fragment names nothing', () => {
  expect(messageTarget({ hash: 'top', search: {}, state: {} })).toBeNull();
  expect(messageTarget({ hash: `message-${id}x`, search: {}, state: {} })).toBeNull();
});
