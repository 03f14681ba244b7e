import type { ReplyStep } from '@parley/core/jobs/reply-steps';
import { expect, it } from 'vitest';
import type { AskedText } from './harness/ai-record.js';
import { checkJobs, tokensOfBit } from './harness/job-checker.js';
import type { Counted, JobChange } from './harness/job-journal.js';

const nothing = { calls: 0, tokens: 0, outputTokens: 0 };

function step(number: number, state: 'running' | 'done', found: number | null = state === 'done' ? 3 : null): ReplyStep {
  const result = state === 'done' ? { kind: 'messages' as const, seqs: [1, 2, 3] } : null;
  const call = { callId: `${number}.0`, id: `c${number}`, tool: 'search_room', args: '{}', asked: 'x', repeatable: true };
  return { text: `look ${number}.\n\n`, calls: [{ ...call, state, found, result }] };
}

/**
 * An answer whose first worker dies after a tool and before the answer: it has counted 500 tokens before its call. The second goes on, is
 * settled as the model says, and has counted 600 tokens.
 */
function quietDay() {
  const change = (fields: Partial<JobChange>): JobChange => ({
    job: 'job',
    kind: 'reply',
    question: 'ask-1-1-1',
    attempt: 1,
    state: 'streaming',
    reserved: 500,
    stopped: false,
    steps: [],
    counted: 0,
    settled: nothing,
    ...fields,
  });
  const used = 100 + tokensOfBit(1);
  const changes = [
    change({ attempt: 0, state: 'queued', reserved: 0 }),
    change({ reserved: 0 }),
    change({ counted: 500 }),
    change({ steps: [step(0, 'running')] }),
    change({ steps: [step(0, 'done')] }),
    change({ attempt: 2, reserved: 0, steps: [step(0, 'done')] }),
    change({ attempt: 2, reserved: 600, counted: 600, steps: [step(0, 'done')] }),
    change({
      attempt: 2,
      state: 'done',
      reserved: 600,
      counted: used - 600,
      settled: { calls: 1, tokens: used, outputTokens: tokensOfBit(1) },
    }),
  ];
  const all = 500 + used;
  const counted: Counted = { instance: all, room: all, character: all, person: all, summaries: 0, days: used, before: all };
  const ask = (bit: number, results: string[]): AskedText => ({ index: bit, question: 'ask-1-1-1', text: '', results, bit });
  return { changes, counted, asked: [ask(0, []), ask(1, ['c0'])] };
}

/** Violations after a change to the quiet day. */
function after(change: (day: ReturnType<typeof quietDay>) => void): string {
  const day = quietDay();
  change(day);
  return checkJobs(day.changes, day.counted, day.asked).join('\n');
}

it('finds nothing where all is well', () => {
  expect(after(() => {})).toBe('');
});

it('finds a step that is lost, or done anew, by a takeover too', () => {
  expect(after(({ changes }) => (changes[5]!.steps = []))).toMatch(/attempt 2 of the reply job lost a step/);
  expect(after(({ changes }) => (changes[6]!.steps = [step(0, 'running')]))).toMatch(/did 0.0 twice/);
  expect(after(({ changes }) => (changes[6]!.steps = [step(0, 'done', 4)]))).toMatch(/did 0.0 twice/);
  expect(after(({ changes }) => (changes[6]!.steps[0]!.calls[0]!.id = 'other'))).toMatch(/repeats 0.0/);
  expect(after(({ changes }) => (changes[6]!.steps[0]!.text = 'Look.'))).toMatch(/another text in step 0/);
});

it('finds a call that changes something whose end another attempt claims to know, and one that nobody answered', () => {
  /** Wanted by one attempt, allowed, begun by the next, lost with it, and shown as unknown by the third. */
  const lives = (...states: [attempt: number, state: ReplyStep['calls'][number]['state']][]) =>
    after(({ changes }) => {
      const [first] = changes;
      const call = { ...step(0, 'running').calls[0]!, id: 'b0', repeatable: false };
      changes.unshift(
        ...states.map(([attempt, state]) => ({ ...first!, job: 'other', attempt, steps: [{ text: '', calls: [{ ...call, state }] }] })),
      );
    });
  expect(lives([1, 'waiting'], [2, 'waiting'], [2, 'running'], [3, 'running'], [3, 'unknown'])).toBe('');
  expect(lives([1, 'waiting'], [2, 'running'], [2, 'done'], [3, 'done'])).toBe('');
  expect(lives([1, 'waiting'], [2, 'denied'])).toBe('');
  expect(lives([2, 'running'], [3, 'running'], [3, 'done'])).toMatch(
    /attempt 3 of the reply other has 0.0 done, in which another attempt ended/,
  );
  expect(lives([2, 'running'], [2, 'unknown'])).toMatch(/does not know what became of 0.0, which it made/);
  expect(lives([1, 'waiting'], [2, 'done'])).toMatch(/has 0.0 done, which waited/);
  expect(lives([2, 'denied'], [3, 'running'])).toMatch(/did 0.0 twice/);
});

it('finds steps that are kept of what is over', () => {
  expect(after(({ changes }) => (changes[7]!.steps = [step(0, 'done')]))).toMatch(/is over and keeps steps/);
});

it('finds what a model was asked without what was found before', () => {
  expect(after(({ asked }) => (asked[1]!.results = ['c1']))).toMatch(/with results that no attempt has kept: c1/);
  expect(after(({ changes }) => changes.splice(4, 4))).toMatch(/with results that no attempt has kept: c0/);
});

it('finds a use that is settled twice, or is none', () => {
  expect(
    after(({ changes, counted }) => {
      changes.push({ ...changes[7]!, counted: 0 });
      counted.days *= 2;
    }),
  ).toMatch(/was settled 2 times[^]*settled a call that is settled already/);
  expect(after(({ changes }) => (changes[7]!.settled = { calls: 1, tokens: 8_100, outputTokens: 8_000 }))).toMatch(
    /settled a call that was never made/,
  );
});

it('finds what was counted before a call and is left at its end', () => {
  const left = ({ changes, counted }: ReturnType<typeof quietDay>) => {
    const { counted: more } = changes[7]!;
    changes[7] = { ...changes[7]!, counted: 0, settled: nothing };
    for (const scope of ['instance', 'room', 'character', 'person', 'before'] as const) counted[scope] -= more;
    counted.days = 0;
  };
  expect(after(left)).toBe('attempt 2 of the reply job counted 600 tokens, 600 of them before its calls, and settled 0');
  // Somebody else ended it, whose worker was gone.
  expect(
    after((day) => {
      left(day);
      day.changes[7]!.stopped = true;
    }),
  ).toBe('');
  expect(after(({ changes, counted }) => (left({ changes, counted, asked: [] }), (changes[7]!.state = 'queued')))).toMatch(/and settled 0/);
});

it('finds counters that do not add up', () => {
  expect(after(({ counted }) => counted.instance--)).toMatch(/attempts counted 2600 tokens, and the instance 2599/);
  expect(after(({ counted }) => counted.days++)).toMatch(/the days have 2101/);
  expect(after(({ counted }) => counted.room--)).toMatch(/each room together counted 2599/);
  expect(after(({ counted }) => counted.character--)).toMatch(/each character together counted 2599/);
  expect(after(({ counted }) => counted.summaries++)).toMatch(/people and summaries counted 2601/);
  expect(after(({ counted }) => counted.before++)).toMatch(/processes of before would find 2601/);
});
