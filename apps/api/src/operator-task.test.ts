import { expect, test } from 'vitest';
import { notUnderstood, operatorTask } from './operator-task.js';

test.each([
  [['ann', 'bo'], 'ann, bo: give one username at a time.'],
  [['--disabel', 'ann'], 'There is no option --disabel.'],
  [['--disable'], 'Give a username behind --disable.'],
  [['ann', '--disable'], '“ann --disable” is more than one thing to do: give one option, then one username.'],
  [['--invite', 'ann'], '--invite takes nothing behind it.'],
  [['--disable', 'ann', 'bo'], '“--disable ann bo” is more than one thing to do: give one option, then one username.'],
])('what is wrong with %j is said', (args, sentence) => {
  expect(operatorTask(args)).toBeNull();
  expect(notUnderstood(args)).toBe(sentence);
});
