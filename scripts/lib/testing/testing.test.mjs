import { describe, expect, test } from 'vitest';
import { testEnvironment } from './environment.mjs';
import { parseTestArguments } from './options.mjs';
import { summariseReport } from './vitest-report.mjs';

describe('parseTestArguments', () => {
  test.each([
    [[], { fast: false, only: ['check', 'unit', 'servers', 'e2e'], filters: [] }],
    [['--fast'], { fast: true, only: ['check', 'unit'], filters: [] }],
    [['--only', 'e2e,unit'], { fast: false, only: ['unit', 'e2e'], filters: [] }],
    [['--only=servers', 'packages/bus'], { fast: false, only: ['servers'], filters: ['packages/bus'] }],
    [['faults'], { fast: false, only: ['unit', 'servers', 'e2e'], filters: ['faults'] }],
  ])('%j', (args, expected) => {
    expect(parseTestArguments(args)).toEqual(expected);
  });

  test.each([[['--only']], [['--only', 'end2end']], [['--watch']], [['--fast', '--only', 'e2e']]])(
    '%j is refused with a sentence',
    (args) => {
      expect(() => parseTestArguments(args)).toThrow(expect.objectContaining({ name: 'StepError' }));
    },
  );
});

describe('summariseReport', () => {
  const file = { name: 'a.test.ts', status: 'passed', assertionResults: [{ status: 'passed' }] };
  const report = { numTotalTests: 3, numPassedTests: 3, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0, testResults: [file] };

  test('counts what passed and failed', () => {
    expect(summariseReport(report, { exitCode: 0 })).toEqual({ passed: 3, failed: 0, problems: [] });
    const failing = {
      ...report,
      numPassedTests: 2,
      numFailedTests: 1,
      testResults: [{ ...file, status: 'failed', assertionResults: [{ status: 'failed' }] }],
    };
    expect(summariseReport(failing, { exitCode: 1 })).toEqual({ passed: 2, failed: 1, problems: [] });
  });

  test.each([
    ['a run without a report', null, { exitCode: 1 }, 0],
    ['a run without a test', { ...report, numTotalTests: 0, numPassedTests: 0, testResults: [] }, { exitCode: 0 }, 0],
    ['a skipped test', { ...report, numPassedTests: 2, numPendingTests: 1 }, { exitCode: 0 }, 2],
    ['a test left to do', { ...report, numPassedTests: 2, numTodoTests: 1 }, { exitCode: 0 }, 2],
    [
      'a file that cannot be read',
      { ...report, testResults: [file, { name: 'b.test.ts', status: 'failed', assertionResults: [] }] },
      { exitCode: 1 },
      3,
    ],
    ['an error outside any test', report, { exitCode: 1 }, 3],
  ])('%s fails', (_what, json, run, passed) => {
    const result = summariseReport(json, run);
    expect(result).toMatchObject({ passed, failed: 1 });
    expect(result.problems).toHaveLength(1);
  });

  test('a filter may leave a tier without tests', () => {
    const empty = { ...report, numTotalTests: 0, numPassedTests: 0, testResults: [] };
    expect(summariseReport(empty, { exitCode: 0, allowEmpty: true })).toEqual({ passed: 0, failed: 0, problems: [] });
  });
});

test('a developer’s settings and keys stay out of the tests', () => {
  const env = testEnvironment(
    { PATH: '/bin', OPENAI_API_KEY: 'costs money', DATABASE_URL: 'mine', NODE_ENV: 'production' },
    { TEST_NATS_URL: 'nats://x' },
  );
  expect(env).toEqual({ PATH: '/bin', TEST_NATS_URL: 'nats://x' });
});
