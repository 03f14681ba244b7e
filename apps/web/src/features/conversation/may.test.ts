import type { MessageView, RoomRole } from '@parley/contracts';
import { expect, test } from 'vitest';
import { mayDo } from './may.js';

const message = (more: Partial<MessageView> = {}): MessageView =>
  ({ kind: 'text', status: null, deletedAt: null, author: { type: 'user', id: 'bo' }, reply: null, ...more }) as MessageView;
const reply = (more: Partial<MessageView> = {}) =>
  message({
    kind: 'reply',
    status: 'complete',
    author: { type: 'character', id: 'ada' } as MessageView['author'],
    reply: { askedBy: 'bo' } as MessageView['reply'],
    ...more,
  });
const as = (id: string, role: RoomRole | null = 'member', archived = false, direct = false) => ({
  me: { id, role: 'user' as const },
  place: { role, archived, visibility: direct ? ('direct' as const) : ('public' as const) },
});
/** What is allowed, by name. */
const allowed = (...args: Parameters<typeof mayDo>) =>
  Object.entries(mayDo(...args))
    .filter(([, value]) => value)
    .map(([name]) => name);

test('anyone reacts and quotes; the author edits, deletes and hides from AI; moderators delete, pin and hide', () => {
  expect(allowed(message(), as('cy'))).toEqual(['link', 'react', 'quote']);
  expect(allowed(message(), as('bo'))).toEqual(['link', 'react', 'quote', 'edit', 'delete', 'hide']);
  expect(allowed(message(), as('cy', 'moderator'))).toEqual(['link', 'react', 'quote', 'delete', 'pin', 'hide']);
  expect(allowed(message(), as('cy', 'owner'))).toEqual(['link', 'react', 'quote', 'delete', 'pin', 'hide']);
});

test('an answer is written again and deleted by who asked for it, and by moderators; nobody edits it', () => {
  expect(allowed(reply(), as('cy'))).toEqual(['link', 'react', 'quote', 'explain']);
  expect(allowed(reply(), as('bo'))).toEqual(['link', 'react', 'quote', 'delete', 'hide', 'explain', 'regenerate', 'choose']);
  expect(allowed(reply(), as('cy', 'moderator'))).toEqual([
    'link',
    'react',
    'quote',
    'delete',
    'pin',
    'hide',
    'explain',
    'regenerate',
    'choose',
  ]);
});

test('a character’s id that is one’s own id by chance makes nothing one’s own', () => {
  const greeting = message({ author: { type: 'character', id: 'bo' } as MessageView['author'] });
  expect(allowed(greeting, as('bo'))).toEqual(['link', 'react', 'quote']);
});

test('in an archived room one takes back what one wrote, and nothing else', () => {
  expect(allowed(message(), as('bo', 'owner', true))).toEqual(['link', 'delete', 'hide']);
  expect(allowed(message(), as('cy', 'member', true))).toEqual(['link']);
});

test('in a one-to-one room both pin', () => {
  expect(allowed(message(), as('cy', 'member', false, true))).toEqual(['link', 'react', 'quote', 'pin']);
});

test.each([
  ['one that was deleted', message({ deletedAt: '2026-11-20T00:00:00.000Z' }), as('bo', 'owner')],
  ['a line about the room', message({ kind: 'system' }), as('bo', 'owner')],
  ['an answer in progress', reply({ status: 'streaming' }), as('bo', 'owner')],
  ['any in a room one is not in', message(), as('bo', null)],
])('nothing is done with %s', (_, which, who) => {
  expect(allowed(which, who)).toEqual([]);
});
