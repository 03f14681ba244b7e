import { commands } from '@parley/contracts/commands';
import { expect, test } from 'vitest';
import { applyCompletion, completionAt, isComplete, type Mentionable } from './completion.js';

const who = (handle: string, name: string, kind: Mentionable['kind'] = 'person'): Mentionable => ({
  handle,
  name,
  kind,
  avatar: { hue: 0, glyph: null },
});
const mentionables = [who('ada', 'Ada', 'character'), who('bo', 'Bo Lindqvist'), who('cy', 'Cy Adeyemi')];
const known = { commands, mentionables };

/** `|` is the caret. */
function complete(marked: string) {
  const caret = marked.indexOf('|');
  return completionAt(marked.replace('|', ''), caret, known);
}
const inserts = (marked: string) => complete(marked)?.items.map(({ insert }) => insert) ?? null;

test('a slash at the start offers every command, then those that begin so', () => {
  expect(inserts('/|')).toEqual(['/summary ', '/ask ', '/help ']);
  expect(inserts('/su|')).toEqual(['/summary ']);
  expect(inserts('/SU|')).toEqual(['/summary ']);
});

test('nothing is offered after the name, elsewhere in the text, or for what nobody knows', () => {
  for (const marked of ['/summary |', 'a /su|', '/usr/b|', '//|', '/zzz|', 'text|', '|']) expect(inserts(marked), marked).toBeNull();
});

test('an at sign offers who is here, by handle and by any word of the name', () => {
  expect(inserts('@|')).toEqual(['@ada ', '@bo ', '@cy ']);
  expect(inserts('hello @b|')).toEqual(['@bo ']);
  expect(inserts('hello @lind|')).toEqual(['@bo ']);
  expect(inserts('(@a|')).toEqual(['@ada ', '@cy ']);
});

test('an address is no mention', () => {
  expect(inserts('bo@b|')).toBeNull();
  expect(inserts('`@b|')).toBeNull();
});

test('choosing replaces the word and puts the caret after it', () => {
  const text = 'hello @lin friend';
  const completion = completionAt(text, 'hello @lin'.length, known)!;
  expect(applyCompletion(text, completion, completion.items[0]!)).toEqual({ text: 'hello @bo friend', caret: 'hello @bo '.length });
});

test('choosing in the middle of a word replaces the whole word', () => {
  const completion = completionAt('/sumx', 3, known)!;
  expect(applyCompletion('/sumx', completion, completion.items[0]!)).toEqual({ text: '/summary ', caret: 9 });
});

test('what is typed out and needs nothing more may be sent, a command without its argument not', () => {
  const sendable = (text: string) => {
    const completion = completionAt(text, text.length, known)!;
    return isComplete(text, completion, completion.items[0]!);
  };
  expect(['/help', '/summary', '/Summary', 'hello @bo'].map(sendable)).toEqual([true, true, true, true]);
  expect(['/ask', '/su', 'hello @b', 'hello @lindqvist'].map(sendable)).toEqual([false, false, false, false]);
});
