import { describe, expect, test } from 'vitest';
import { commands, helpText, maxSummaryMessages, nearestCommand, parseCommand } from './commands.js';

describe('parseCommand', () => {
  test.each([
    ['/summary', { name: 'summary', scope: { kind: 'recent' } }],
    ['/SUMMARY  unread ', { name: 'summary', scope: { kind: 'unread' } }],
    ['/summary today', { name: 'summary', scope: { kind: 'today' } }],
    ['/summary 25', { name: 'summary', scope: { kind: 'last', count: 25 } }],
    ['/ask when do we\nship?', { name: 'ask', question: 'when do we\nship?' }],
    ['/help', { name: 'help' }],
    ['/summary private', { name: 'summary', scope: { kind: 'recent' }, private: true }],
    ['/summary unread PRIVATE', { name: 'summary', scope: { kind: 'unread' }, private: true }],
    ['/summary private  12', { name: 'summary', scope: { kind: 'last', count: 12 }, private: true }],
  ])('%s is a command', (content, command) => {
    expect(parseCommand(content)).toEqual({ kind: 'command', command });
  });

  test.each(['hello', ' /summary', '//summary', '/usr/bin/env', '/', '/ summary', 'see /summary', '/1'])(
    '%j is an ordinary message',
    (content) => {
      expect(parseCommand(content)).toEqual({ kind: 'none' });
    },
  );

  test.each([
    ['/sumary', 'summary'],
    ['/summry', 'summary'],
    ['/aks why', 'ask'],
    ['/hlep', 'help'],
    ['/sum', 'summary'],
    ['/frobnicate', null],
  ])('%s is unknown, and the nearest is %s', (content, nearest) => {
    expect(parseCommand(content)).toMatchObject({ kind: 'unknown', nearest });
  });

  test.each([
    '/ask',
    '/ask   ',
    '/summary yesterday',
    '/summary 0',
    `/summary ${maxSummaryMessages + 1}`,
    '/summary 1e3',
    '/summary privately',
    '/summary private private',
  ])('%s says what it needs', (content) => {
    const parsed = parseCommand(content);
    expect(parsed).toMatchObject({ kind: 'invalid' });
    expect(parsed.kind === 'invalid' && parsed.reason.length).toBeGreaterThan(10);
  });
});

test('every command is near itself, and named in the help', () => {
  for (const { name } of commands) {
    expect(nearestCommand(name)).toBe(name);
    expect(helpText()).toContain(`/${name}`);
  }
});
