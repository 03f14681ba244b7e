import { expect, it } from 'vitest';
import { detail, message, page } from '../testing/views.js';
import { KnownRooms } from './known-rooms.js';
import { openRoomData } from './room-data.js';

const data = (count: number) =>
  openRoomData(
    detail(10),
    page(
      10,
      Array.from({ length: count }, (_, n) => message(n + 1, 3)),
    ),
    'anna',
  );

it('remembers the last rooms and the last messages of each, and forgets what may be read no more', () => {
  const known = new KnownRooms();
  known.set('long', data(500));
  expect(known.get('long')).toMatchObject({ hasOlder: true });
  expect(known.get('long')?.messages.map(({ seq }) => seq)).toEqual(Array.from({ length: 200 }, (_, n) => 301 + n));
  for (let n = 0; n < 7; n++) known.set(`room-${n}`, data(2));
  expect(known.get('room-0')).toMatchObject({ hasOlder: false, messages: [{ seq: 1 }, { seq: 2 }] });
  known.set('long', data(1));
  known.set('room-7', data(1));
  expect(known.get('room-0')).toBeUndefined();
  expect(known.get('long')).toBeDefined();
  known.set('long', null);
  expect(known.get('long')).toBeUndefined();
  known.clear();
  expect(known.get('room-7')).toBeUndefined();
});
