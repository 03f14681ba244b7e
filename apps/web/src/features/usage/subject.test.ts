import { expect, test } from 'vitest';
import { subjectOf } from './subject.js';

test('an address of a report names whose use it is about', () => {
  expect(subjectOf('mine')).toEqual({ kind: 'mine' });
  expect(subjectOf('everyone')).toEqual({ kind: 'everyone' });
  expect(subjectOf('@bo')).toEqual({ kind: 'person', username: 'bo' });
  expect(subjectOf('room-1')).toEqual({ kind: 'room', roomId: '1' });
  expect(subjectOf('character-1')).toEqual({ kind: 'character', characterId: '1' });
  for (const none of ['', '@', 'room-', 'bo', 'everyone-1']) expect(subjectOf(none)).toBeNull();
});
