import { expect, test } from 'vitest';
import { ambientCause } from './ambient-cause.js';

const lin = { name: 'Lin', handle: 'lin-2', tagline: 'Translates, and minds the words of contracts' };
const mei = { name: '小美', handle: 'mei', tagline: '负责翻译合同' };

test.each([
  ['what would Lin say', 'name'],
  ['LIN!', 'name'],
  ['linen is a cloth', null],
  ['the contract is ready', 'words'],
  ['who mended the pump?', 'question'],
  ['谁修好了水泵？', 'question'],
  ['هل انتهى؟', 'question'],
  ['ok, thanks', null],
  ['and the or of', null],
])('of “%s” the cause is %s', (text, cause) => {
  expect(ambientCause(text, lin)).toBe(cause);
});

test('reads names and descriptions in scripts without spaces', () => {
  expect(ambientCause('请小美看一下', mei)).toBe('name');
  expect(ambientCause('合同在哪里', mei)).toBe('words');
  expect(ambientCause('天气很好', mei)).toBeNull();
});

test('looks at the beginning of a long text only', () => {
  expect(ambientCause(`${'word '.repeat(1_000)} Lin?`, lin)).toBeNull();
});
