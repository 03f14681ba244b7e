import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runChecks } from '../checks.mjs';
import { createCommands } from '../command.mjs';
import { watchNpm } from '../orphan.mjs';
import { root, stateDirectory } from '../paths.mjs';
import { prepare } from '../prepare.mjs';
import { describeServers, locate, startServers, throwAwayDirectory } from '../servers/provision.mjs';
import { createSteps, formatSeconds, printError, StepError } from '../steps.mjs';
import { testEnvironment } from './environment.mjs';
import { createLeftBehind } from './left-behind.mjs';
import { parseTestArguments } from './options.mjs';
import { summariseReport } from './vitest-report.mjs';

/** A tier that takes longer than this hangs. The random faults last FAULTS_MINUTES, and checking them takes half as long again. */
const tierTimeoutMs = (40 + 1.5 * (Number(process.env.FAULTS_MINUTES) || 0)) * 60_000;

/**
 * `npm test`: installs, builds, finds or starts the servers, runs the tiers, and ends the process with what came of it.
 *
 * @param {string[]} args
 */
export async function runTests(args) {
  const run = createRun();
  let result = { passed: 0, failed: 1 };
  try {
    result = await runTiers(args, run);
  } catch (error) {
    printError(error);
  } finally {
    await run.cleanUp();
  }
  console.log(`${result.passed} passed, ${result.failed} failed`);
  process.exit(result.failed > 0 ? 1 : 0);
}

/** Keeps what must be undone when the run ends, whichever way it ends. */
function createRun() {
  const commands = createCommands();
  /** @type {(() => unknown)[]} */
  const undo = [];
  let cleaning = null;
  const cleanUp = () =>
    (cleaning ??= (async () => {
      commands.killAll('SIGTERM');
      for (const action of undo.splice(0).reverse()) await action();
    })());
  const end = async (code) => {
    await cleanUp().catch(printError);
    process.exit(code);
  };
  process.on('SIGINT', () => end(130));
  process.on('SIGTERM', () => end(143));
  process.on('SIGHUP', () => end(129));
  watchNpm(process.env, () => end(143));
  return { commands, cleanUp, onCleanUp: (action) => undo.push(action) };
}

/** @returns {Promise<{ passed: number, failed: number }>} */
async function runTiers(args, run) {
  const options = parseTestArguments(args);
  const { commands } = run;
  const steps = createSteps();
  const needsServers = options.only.some((tier) => tier === 'servers' || tier === 'e2e');
  // Say what is missing before minutes are spent on everything else.
  const located = needsServers ? await find(options, steps, commands) : null;
  // Only the processes that e2e starts run what is built; everything else runs from the sources.
  const build = options.only.includes('e2e') ? 'all' : 'generate';
  await prepare({ root, stateDirectory, env: process.env, steps, commands, build });

  const directory = throwAwayDirectory('parley-test-');
  run.onCleanUp(directory.remove);
  const servers = located ? await provide({ located, directory: directory.path, steps, run }) : {};
  const env = { ...testEnvironment(process.env, servers), TEST_DIRECTORY: directory.path };

  const total = { passed: 0, failed: 0 };
  const summary = [];
  for (const tier of options.only) {
    const startedAt = performance.now();
    steps.say(`\n— ${tier}`);
    const result =
      tier === 'check'
        ? await runChecks({ root, steps, commands, env: process.env, fast: options.fast })
        : await runVitest(tier, { env, directory: directory.path, filters: options.filters, run });
    for (const problem of result.problems) steps.say(`✗ ${tier}: ${problem}`);
    total.passed += result.passed;
    total.failed += result.failed;
    summary.push(
      `${tier.padEnd(9)} ${formatSeconds(performance.now() - startedAt).padStart(12)}  ${result.passed} passed, ${result.failed} failed`,
    );
  }
  if (total.passed + total.failed === 0) throw new StepError(`No test file matches ${options.filters.join(' ')}.`);
  steps.say(`\n${summary.join('\n')}`);
  return total;
}

/** Finds what the tiers need, or installs it. Without promtool or PgBouncer one test fails, and says so. */
function find(options, steps, commands) {
  const required = ['postgres', 'nats', 'redis', ...(options.only.includes('e2e') ? ['chromium', 'nginx'] : [])];
  return locate({ required, useful: options.only.includes('e2e') ? ['promtool', 'pgbouncer'] : [], env: process.env, steps, commands });
}

/** Starts what was found. @returns {Promise<Record<string, string>>} the variables that say where all of it is */
function provide({ located, directory, steps, run }) {
  return steps.step('servers', async (note) => {
    const servers = await startServers({ located, directory, durable: false });
    run.onCleanUp(servers.stop);
    const given = Object.keys(located).filter((id) => located[id].given);
    note([...servers.children.map((child) => child.name), ...given.map((id) => `${id} as given`)].join(', '));
    return describeServers(located, servers.urls);
  });
}

/** @returns {Promise<{ passed: number, failed: number, problems: string[] }>} */
async function runVitest(tier, { env, directory, filters, run }) {
  const reportFile = join(directory, `${tier}.json`);
  const args = [
    'run',
    '--project',
    tier,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${reportFile}`,
    '--passWithNoTests',
    ...filters,
  ];
  const leftBehind = createLeftBehind(randomUUID());
  const child = spawn(process.execPath, [join(root, 'node_modules/vitest/vitest.mjs'), ...args], {
    cwd: root,
    env: { ...(process.stdout.isTTY ? {} : { NO_COLOR: '1' }), ...env, ...leftBehind.env },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const ended = new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) => resolve(signal ? 1 : (code ?? 1)));
  });
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    child.kill('SIGTERM');
    setTimeout(() => child.kill('SIGKILL'), 10_000).unref();
  }, tierTimeoutMs);
  run.onCleanUp(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGTERM');
    const force = setTimeout(() => child.kill('SIGKILL'), 5000);
    await ended;
    clearTimeout(force);
    leftBehind.end();
  });
  const exitCode = await ended;
  clearTimeout(timer);
  const left = leftBehind.end();
  const result = summariseReport(readReport(reportFile), { exitCode, allowEmpty: filters.length > 0 });
  if (timedOut) result.problems.push(`stopped after ${formatSeconds(tierTimeoutMs)}, with ${left.length} processes of its tests`);
  return result;
}

function readReport(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return null; // vitest ended before it wrote the report; the summary says so
  }
}
