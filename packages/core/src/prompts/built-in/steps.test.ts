import { unitsPerStep, type Steps } from '@parley/contracts';
import { inSlices } from '../../protocol/in-slices.js';
import { describe, expect, it, test } from 'vitest';
import { answerTask, chat, contextOf, summaryTask } from '../prompt-context.fixture.js';
import { taskOf } from '../task-of.js';

const fragments = [
  '[',
  '[a](',
  '![',
  '*a_',
  '**a ',
  '> ',
  '- a\n  ',
  '`',
  '<',
  '|a',
  'a\n\n',
  '[a]',
  '@a.',
  '我家在',
  'かな',
  'word. ',
  'a_b *c* [d] (e) `f` ',
  'x',
  '```\na\n',
  '\u0e01\u0e32',
  '. ',
];

/** All sentences are compared with one, or all pairs weighed once, in the longest. */
const maxStep = 5 * unitsPerStep;

/** The steps of a work: how much each did, as it says itself. */
function stepsOf(work: string | Steps<string>): number[] {
  if (typeof work === 'string') return [];
  const found: number[] = [];
  for (let step = work.next(); !step.done; step = work.next()) found.push(step.value);
  return found;
}

const tasks = [
  ['a summary', summaryTask, 'ada'],
  ['an answer', answerTask('where is the key?'), 'ada'],
  ['Socrates', answerTask('what?'), 'socrates'],
  ['Lin', answerTask('what?'), 'lin'],
] as const;

describe.each(tasks)('%s of hostile text', (_, task, handle) => {
  test.each(fragments)('takes bounded steps, however much there is of %j', (fragment) => {
    const character = { name: handle, handle, systemPrompt: '' };
    const workOn = (count: number, length: number) =>
      stepsOf(
        taskOf(task.kind).compose(
          contextOf(task, chat(...Array.from({ length: count }, () => `bo: ${fragment.repeat(Math.ceil(length / fragment.length))}`)), {
            character,
          }),
        ),
      );
    const total = (steps: number[]) => steps.reduce((sum, step) => sum + step, 0);
    const few = workOn(3, 32_000);
    const many = workOn(200, 1_000);
    const longest = few.concat(many).reduce((most, step) => Math.max(most, step), 0);
    expect(longest).toBeLessThanOrEqual(maxStep);
    // In all, no more than some readings of what may be read.
    expect(Math.max(total(few), total(many))).toBeLessThan(4_000_000);
  });
});

describe('inSlices', () => {
  it('lets others have their turn as soon as a slice is full', async () => {
    const seen: string[] = [];
    function* work(): Steps<string> {
      for (let step = 0; step < 4; step++) {
        seen.push(`step ${step}`);
        yield unitsPerStep / 2;
      }
      return 'done';
    }
    const ticks = (async () => {
      for (let tick = 0; tick < 2; tick++) {
        await new Promise((resolve) => setImmediate(resolve));
        seen.push('others');
      }
    })();
    expect(await inSlices(work())).toBe('done');
    await ticks;
    expect(seen).toEqual(['step 0', 'step 1', 'others', 'step 2', 'step 3', 'others']);
  });

  it('ends as soon as nobody wants the result', async () => {
    const abort = new AbortController();
    let steps = 0;
    function* work(): Steps<string> {
      for (;;) {
        if (++steps === 3) abort.abort(new Error('stopped'));
        yield unitsPerStep;
      }
    }
    await expect(inSlices(work(), abort.signal)).rejects.toThrow('stopped');
    expect(steps).toBe(3);
  });
});
