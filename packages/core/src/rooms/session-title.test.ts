import { expect, test } from 'vitest';
import { sessionTitle } from './session-title.js';

test('a session is called by its first words, on one line, whole ones where it is cut', () => {
  expect(sessionTitle('When is tea?', 's')).toBe('When is tea?');
  expect(sessionTitle('  What is\n\n\u202etea?\t', 's')).toBe('What is tea?');
  expect(sessionTitle('Please write a long plan for a journey around the world', 's')).toBe('Please write a long plan for a journey…');
  expect(sessionTitle('x'.repeat(100), 's')).toBe(`${'x'.repeat(40)}…`);
});

test('without words that can be shown, it is called by its name, or at last by what it is', () => {
  expect(sessionTitle('\u200d\u202e', 'my session')).toBe('my session');
  expect(sessionTitle('\u200d', '\u2066 \u200d')).toBe('Conversation');
});
