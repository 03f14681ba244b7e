import fc from 'fast-check';
import { expect, test } from 'vitest';
import { splitCommand } from '../command-line/split-command.js';
import { sentText } from './sent-text.js';

test.each([
  ['hello \n', 'hello'],
  ['\n \t\nhello', 'hello'],
  ['    if x:\n        y', '    if x:\n        y'],
  ['\r\n    if x:\r\n', '    if x:'],
  ['\n\tcode', '\tcode'],
  ['  two', '  two'],
  [' /summary', ' /summary'],
  ['\n/summary ', '/summary'],
  ['\u00a0/summary', '\u00a0/summary'],
])('of %j is sent %j', (typed, sent) => {
  expect(sentText(typed)).toBe(sent);
});

test.each([
  '',
  ' \n\t',
  '\u200b',
  '\u200d\u2060\ufeff \u00ad',
  '\u3164\u2800\u115f\uffa0\u034f',
  '\ufe0f',
  '\ufffe\uffff',
  '\u202e\u2066',
  '#',
  '###\n\n##',
  '>',
  '> >\n> #',
  '> \u200b',
  '[//]: # (x)',
  '[//]: # "x"\n[a]: https://example.org',
  '[//]: <> (x)',
  '&nbsp;&#8203;',
  '[](https://example.org)',
  '![]()',
  '[]()',
  '**\u200b**',
  '```\n\n```',
  '```',
])('nothing is sent of %j, which shows nothing', (typed) => {
  expect(sentText(typed)).toBe('');
});

test.each([
  '.',
  '-',
  '*',
  '+',
  '1.',
  '- [ ]',
  '---',
  '***',
  '**',
  '_',
  '`',
  '``',
  '``` x',
  '```hello world',
  '~',
  '|',
  '\\',
  '\\#',
  '[]',
  '!',
  '![](https://example.org/a.png)',
  '<>',
  '<b></b>',
  '<!-- x -->',
  '&lt;',
  '&',
  '#a',
  '# a',
  '[TODO]: fix',
  '[公告]:明天…',
  '[a]: b',
  '[a]:',
  '👍',
  '❤️',
  '\u0301',
  '￼',
  '/help',
  '//',
  '| a |\n| - |',
  'https://example.org',
])('%j shows something, and is sent', (typed) => {
  expect(sentText(typed)).toBe(typed);
});

test('what is sent is sent again as it is, and is a command or none whoever looks', () => {
  const piece = fc.constantFrom(' ', '\n', '\r\n', '\t', '/', 'summary', '#', '>', '\u200b', '    ', '- ', '`', 'x', '[a]:', ' #');
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 10 }), (pieces) => {
      const sent = sentText(pieces.join(''));
      expect(sentText(sent)).toBe(sent);
      expect(splitCommand(sentText(sent))).toEqual(splitCommand(sent));
      expect(sent.trimEnd()).toBe(sent);
    }),
    { numRuns: 2_000 },
  );
});
