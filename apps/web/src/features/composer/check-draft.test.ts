import { expect, test } from 'vitest';
import { checkDraft } from './check-draft.js';

test('text, commands and paths are ready, blanks are empty', () => {
  for (const text of ['hello', '/summary 20', '/ask who owns it?', '/usr/bin/env', '//', ' /summary x']) {
    expect(checkDraft(text), text).toEqual({ kind: 'ready' });
  }
  expect(checkDraft(' \n ')).toEqual({ kind: 'empty' });
  for (const text of ['#', '>', '[//]: # (x)', '\u200b']) {
    expect(checkDraft(text), text).toEqual({ kind: 'problem', message: 'Write something first: the message is empty.', correction: null });
  }
});

test('an unknown command is corrected in place', () => {
  expect(checkDraft('/sumary today')).toEqual({ kind: 'problem', message: 'There is no /sumary.', correction: '/summary today' });
  expect(checkDraft('/zzzzzz')).toMatchObject({ kind: 'problem', correction: null });
});

test('a wrong argument says what the command takes', () => {
  expect(checkDraft('/summary soon')).toMatchObject({ kind: 'problem', message: expect.stringContaining('unread') });
});

test('the limit counts bytes, as the server does', () => {
  expect(checkDraft('é'.repeat(16 * 1024))).toEqual({ kind: 'ready' });
  expect(checkDraft('é'.repeat(16 * 1024 + 1))).toMatchObject({ kind: 'problem', message: expect.stringContaining('32 kB') });
});
