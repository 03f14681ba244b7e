/**
 * What a run of vitest amounts to. A test that is skipped or left to do counts as failed, and so does a file that could not be read
 * or a run with no test in it: nothing passes without being run.
 *
 * @param {any} report the JSON of vitest's reporter, or null if there is none
 * @param {{ exitCode: number, allowEmpty?: boolean }} run `allowEmpty`: a filter may match nothing in this tier
 * @returns {{ passed: number, failed: number, problems: string[] }} `problems`: failures that the runner did not report as a failed test
 */
export function summariseReport(report, { exitCode, allowEmpty = false }) {
  if (!report) return { passed: 0, failed: 1, problems: ['vitest ended without a report'] };
  const problems = [];
  let failed = report.numFailedTests;
  const notRun = report.numPendingTests + report.numTodoTests;
  if (notRun > 0) {
    failed += notRun;
    problems.push(`${notRun} skipped`);
  }
  const unread = report.testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.every((test) => test.status !== 'failed'),
  );
  for (const file of unread) {
    failed += 1;
    problems.push(`${file.name} could not be run`);
  }
  if (report.numTotalTests === 0 && unread.length === 0 && !allowEmpty) {
    failed += 1;
    problems.push('no test was run');
  }
  // An error outside any test: an unhandled rejection, a hook that failed, a worker that died.
  if (failed === 0 && exitCode !== 0 && report.numTotalTests > 0) {
    failed += 1;
    problems.push(`vitest ended with ${exitCode} though no test failed`);
  }
  return { passed: report.numPassedTests, failed, problems };
}
