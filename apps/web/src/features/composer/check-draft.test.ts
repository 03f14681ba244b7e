import { expect, test } from 'vitest';
import { botCommand } from '../../testing/bot-command.js';
import { checkDraft } from './check-draft.js';

test('text, commands and paths are ready, blanks are empty', () => {
  for (const text of ['hello', '/summary 20', '/ask who owns it?', '/usr/bin/env', '//', ' /summary x']) {
    expect(checkDraft(text, []), text).toEqual({ kind: 'ready' });
  }
  expect(checkDraft(' \n ', [])).toEqual({ kind: 'empty' });
  for (const text of ['#', '>', '[//]: # (x)', '\u200b']) {
    expect(checkDraft(text, []), text).toEqual({
      kind: 'problem',
      message: 'Write something first: the message is empty.',
      correction: null,
    });
  }
});

test('an unknown command is corrected in place', () => {
  expect(checkDraft('/sumary today', [])).toEqual({ kind: 'problem', message: 'There is no /sumary.', correction: '/summary today' });
  expect(checkDraft('/zzzzzz', [])).toMatchObject({ kind: 'problem', correction: null });
});

test('a command of a bot is ready, and one that several have is corrected to one of theirs', () => {
  const ofBots = [botCommand('opsbot', 'deploy'), botCommand('opsbot', 'status'), botCommand('shipbot', 'deploy')];
  for (const text of ['/status', '/deploy@shipbot prod', '/summary']) expect(checkDraft(text, ofBots), text).toEqual({ kind: 'ready' });
  expect(checkDraft('/deploy prod', ofBots)).toEqual({
    kind: 'problem',
    message: 'Several bots here have /deploy. Write whose you mean.',
    correction: '/deploy@opsbot prod',
  });
  expect(checkDraft('/stauts now', ofBots)).toMatchObject({ kind: 'problem', correction: '/status now' });
});

test('what bots have is for the server to say while the page does not know it', () => {
  expect(checkDraft('/deploy prod', null)).toEqual({ kind: 'ready' });
  expect(checkDraft('/summary soon', null)).toMatchObject({ kind: 'problem' });
});

test('a wrong argument says what the command takes', () => {
  expect(checkDraft('/summary soon', [])).toMatchObject({ kind: 'problem', message: expect.stringContaining('unread') });
});

test('the limit counts bytes, as the server does', () => {
  expect(checkDraft('é'.repeat(16 * 1024), [])).toEqual({ kind: 'ready' });
  expect(checkDraft('é'.repeat(16 * 1024 + 1), [])).toMatchObject({ kind: 'problem', message: expect.stringContaining('32 kB') });
});
