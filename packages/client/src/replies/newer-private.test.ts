import type { PrivateReply } from '@parley/contracts';
import { expect, test } from 'vitest';
import { newerPrivate } from './newer-private.js';

function reply(change: Partial<PrivateReply>): PrivateReply {
  return { id: 'id', roomId: 'room', content: '', status: 'streaming', attempt: 1, createdAt: '2026-05-01T12:00:00.000Z', ...change };
}

test('of one attempt the longer text is the newer, whatever comes first', () => {
  const [short, long] = [reply({ content: 'Tea' }), reply({ content: 'Tea, at four.' })];
  expect(newerPrivate(short, long)).toBe(long);
  expect(newerPrivate(long, short)).toBe(long);
});

test('what a later attempt says is newer, also where it says less as yet; an earlier one’s never comes back', () => {
  const [dead, next] = [reply({ content: 'Tea, at' }), reply({ attempt: 2 })];
  expect(newerPrivate(dead, next)).toBe(next);
  expect(newerPrivate(next, dead)).toBe(next);
});

test('an end is the last word', () => {
  const ended = reply({ status: 'complete', content: 'Tea.' });
  expect(newerPrivate(reply({ attempt: 2, content: 'Tea, at four.' }), ended)).toBe(ended);
  expect(newerPrivate(ended, reply({ attempt: 3 }))).toBe(ended);
});

test('who answers what stays known while the text grows, also in a later attempt', () => {
  const about = { command: 'ask', by: 'Ada' };
  const asked = reply({ about });
  expect(newerPrivate(asked, reply({ content: 'Tea' }))).toEqual(reply({ content: 'Tea', about }));
  expect(newerPrivate(asked, reply({ attempt: 2 }))).toEqual(reply({ attempt: 2, about }));
});
