import type { StepCall } from '@parley/core/jobs/reply-steps';
import { expect, it } from 'vitest';
import { AiRecord } from './harness/ai-record.js';
import { checkEffects } from './harness/effect-checker.js';
import type { JobChange } from './harness/job-journal.js';

function change(booking: string, ...states: StepCall['state'][]): JobChange[] {
  const settled = { calls: 0, tokens: 0, outputTokens: 0 };
  const call = { callId: '0.0', id: booking, tool: 'train__book', args: `{"booking":"${booking}"}`, asked: '', repeatable: false };
  return states.map((state) => ({
    ...{
      job: booking,
      kind: 'reply',
      question: 'ask-1-1-1',
      attempt: 1,
      state: 'streaming',
      reserved: 0,
      stopped: false,
      counted: 0,
      settled,
    },
    steps: [{ text: '', calls: [{ ...call, state, found: null, result: null }] }],
  }));
}

/**
 * Anna asked at 0, and a model wanted two bookings for her. At 10 she allowed the first, which was done at 20; she denied the second. Then she
 * allowed a third and all later ones, so that a fourth was done without a word, and took that back at 70.
 */
function quietDay() {
  const record = new AiRecord();
  const say = (booking: string, answer: 'once' | 'always' | 'deny', begunAt: number) => {
    record.answered.push({ roomId: 'room', by: 'anna', booking, answer, begunAt, endedAt: begunAt + 1, refused: null });
  };
  record.askers.set('ask-1-1-1', { by: 'anna', roomId: 'room' });
  for (const [index, at] of [1, 2, 3, 50].entries()) record.wanted.set(`booking-${index + 1}`, { question: 'ask-1-1-1', at });
  say('booking-1', 'once', 10);
  say('booking-2', 'deny', 11);
  say('booking-3', 'always', 30);
  for (const [booking, at] of Object.entries({ 'booking-1': 20, 'booking-3': 40, 'booking-4': 60 })) record.booked.push({ booking, at });
  record.forbidden.push({ roomId: 'room', by: 'anna', begunAt: 70, endedAt: 71 });
  const changes = [
    ...change('booking-1', 'waiting', 'running', 'done'),
    ...change('booking-2', 'waiting', 'denied'),
    ...change('booking-3', 'waiting', 'running', 'unknown'),
    ...change('booking-4', 'running', 'done'),
  ];
  return { record, changes };
}

/** Violations after a change to the quiet day. */
function after(alter: (day: ReturnType<typeof quietDay>) => void): string {
  const day = quietDay();
  alter(day);
  return checkEffects(day.record, day.changes).join('\n');
}

it('finds nothing where all is well', () => {
  expect(after(() => {})).toBe('');
});

it('finds an effect that is there twice', () => {
  expect(after(({ record }) => record.booked.push({ booking: 'booking-1', at: 21 }))).toBe('booking-1 was done 2 times');
});

it('finds an effect that was denied', () => {
  const done = ({ record, changes }: ReturnType<typeof quietDay>) => {
    record.booked.push({ booking: 'booking-2', at: 12 });
    changes.push(...change('booking-2', 'running', 'done'));
  };
  expect(after(done)).toMatch(/^booking-2 was denied, and was done/);
  // “No” was refused, because “yes” came first.
  expect(
    after((day) => {
      done(day);
      Object.assign(day.record.answered[1]!, { endedAt: Infinity, refused: 'CONFLICT' });
      day.record.answered.push({ ...day.record.answered[0]!, booking: 'booking-2' });
    }),
  ).toBe('');
});

it('finds an effect that nobody allowed, or somebody else, or only afterwards', () => {
  const unallowed = 'booking-1 was done, and nobody allowed it';
  expect(after(({ record }) => record.answered.shift())).toBe(unallowed);
  expect(after(({ record }) => (record.answered[0]!.by = 'ben'))).toBe(unallowed);
  expect(after(({ record }) => (record.answered[0]!.begunAt = 21))).toBe(unallowed);
  expect(after(({ record }) => (record.answered[0]!.booking = 'booking-2'))).toBe(unallowed);
  expect(after(({ record }) => (record.answered[2]!.roomId = 'other'))).toMatch(
    /^booking-3 was done, and nobody[^]*booking-4 was done, and nobody/,
  );
  expect(after(({ record }) => record.wanted.delete('booking-1'))).toMatch(/no model wanted it/);
});

it('finds an effect that was allowed always, after that was taken back; not while nobody could know', () => {
  const takenBack = (begunAt: number, endedAt: number) => after(({ record }) => Object.assign(record.forbidden[0]!, { begunAt, endedAt }));
  expect(takenBack(45, 46)).toBe('booking-4 was done, and nobody allowed it');
  expect(takenBack(45, 55)).toBe('');
  expect(
    after(({ record }) => {
      Object.assign(record.forbidden[0]!, { begunAt: 45, endedAt: 46 });
      record.answered[2]!.endedAt = Infinity;
    }),
  ).toBe('');
});

it('finds what is shown as done and was not, and what was done before that was kept', () => {
  expect(after(({ record }) => record.booked.pop())).toBe('booking-4 is shown as done, and was not');
  expect(after(({ changes }) => changes.splice(0, 3))).toBe('booking-1 was done, and no attempt has kept that it began');
  expect(after(({ changes }) => changes.splice(1, 2))).toBe('booking-1 was done, and no attempt has kept that it began');
});

it('finds an answer that was refused without a reason', () => {
  expect(after(({ record }) => (record.answered[1]!.refused = 'CALL_NOT_WAITING'))).toBe('');
  expect(after(({ record }) => (record.answered[1]!.refused = 'FORBIDDEN'))).toBe('“deny” to booking-2 was refused: FORBIDDEN');
});
