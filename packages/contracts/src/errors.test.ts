import { expect, it } from 'vitest';
import { replyErrors } from './errors.js';

it('each failure of an answer says what to do, but where there is nothing left to answer', () => {
  const over = ['QUESTION_DELETED', 'ASKER_GONE', 'CHARACTER_GONE'];
  const silent = Object.entries(replyErrors).filter(([, message]) => !/\. (?:Try|Tell|Ask|Choose|They come back)|: ask /.test(message));
  expect(silent.map(([code]) => code)).toEqual(over);
});
