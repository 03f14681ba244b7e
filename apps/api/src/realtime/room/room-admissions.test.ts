import { expect, test } from 'vitest';
import { RoomAdmissions } from './room-admissions.js';
import type { Admission } from '@parley/core/sync/admit-reader';

const readAt = (rev: number): Admission => ({ head: { rev, seq: 0, membersRev: 1 }, member: { role: 'member' }, active: [] });
const source = { admitReader: async () => readAt(0) };

test('who left after an admission was read is known, until they come back', () => {
  const admissions = new RoomAdmissions('room', source);
  admissions.noteMember('ann', 5, true);
  expect(admissions.hasLeftSince(readAt(4), 'ann')).toBe(true);
  expect(admissions.hasLeftSince(readAt(5), 'ann')).toBe(false);
  expect(admissions.hasLeftSince(readAt(4), 'bob')).toBe(false);
  admissions.noteMember('ann', 6, false);
  expect(admissions.hasLeftSince(readAt(4), 'ann')).toBe(false);
});

test('after a jump, an admission from before it is read again', () => {
  const admissions = new RoomAdmissions('room', source);
  admissions.noteMember('ann', 5, true);
  admissions.noteJump(9);
  expect([readAt(8), readAt(9)].map((admission) => admissions.isTooOld(admission))).toEqual([true, false]);
});

test('however many come and go, a bounded number is remembered, and whom that may concern is looked up again', () => {
  const admissions = new RoomAdmissions('room', source, 2);
  for (let rev = 1; rev <= 100; rev++) admissions.noteMember(`guest ${rev}`, rev, false);
  expect(admissions.isTooOld(readAt(0))).toBe(false);
  for (let rev = 101; rev <= 104; rev++) admissions.noteMember(`guest ${rev}`, rev, true);
  // 101 and 102 are forgotten.
  expect([readAt(101), readAt(102)].map((admission) => admissions.isTooOld(admission))).toEqual([true, false]);
  expect(admissions.hasLeftSince(readAt(102), 'guest 103')).toBe(true);
  // A person who leaves again counts as the latest to leave.
  admissions.noteMember('guest 103', 105, true);
  admissions.noteMember('guest 106', 106, true);
  expect(admissions.hasLeftSince(readAt(104), 'guest 103')).toBe(true);
  expect([readAt(103), readAt(104)].map((admission) => admissions.isTooOld(admission))).toEqual([true, false]);
});

test('what was read to open the room admits whom it was read for, once and first', async () => {
  let reads = 0;
  const admissions = new RoomAdmissions('room', { admitReader: async () => readAt(++reads) });
  const ann = { userId: 'ann', sessionId: 's' };
  await admissions.readFirst(ann);
  expect((await admissions.read(ann)).head.rev).toBe(1);
  expect((await admissions.read(ann)).head.rev).toBe(2);
});
