import type { PrivateReply } from '@parley/contracts';
import { expect, test } from 'vitest';
import { mergePrivate } from './merge-private.js';

const reply = (id: string, minute: number, more: Partial<PrivateReply> = {}): PrivateReply => ({
  id,
  roomId: 'room',
  attempt: 1,
  content: id,
  status: 'complete',
  createdAt: `2026-11-20T14:${String(minute).padStart(2, '0')}:00.000Z`,
  ...more,
});
const ids = (replies: PrivateReply[]) => replies.map(({ id }) => id);

test('what came live and what the inbox kept is one list in order, each once, the live one where both have it', () => {
  const merged = mergePrivate([reply('b', 2, { content: 'live' })], [reply('c', 3), reply('b', 2), reply('a', 1)], {
    roomId: 'room',
    since: undefined,
  });
  expect(ids(merged)).toEqual(['a', 'b', 'c']);
  expect(merged[1]!.content).toBe('live');
});

test('another room’s answers stay there, and those before what is loaded wait until it is', () => {
  const kept = [reply('a', 1), reply('x', 2, { roomId: 'other' }), reply('c', 3)];
  expect(ids(mergePrivate([], kept, { roomId: 'room', since: undefined }))).toEqual(['a', 'c']);
  expect(ids(mergePrivate([], kept, { roomId: 'room', since: '2026-11-20T14:02:00.000Z' }))).toEqual(['c']);
});
