import { spawn } from 'node:child_process';
import { StepError } from './steps.mjs';

/** Most characters of a command's output that are kept; the end is what explains a failure. */
const maxOutput = 200_000;

/**
 * Children that run at this moment, so that an ending launcher can end them too.
 *
 * @returns {{ run: typeof run, killAll(signal: NodeJS.Signals): void }}
 */
export function createCommands() {
  /** @type {Set<import('node:child_process').ChildProcess>} */
  const running = new Set();

  /**
   * Runs a command to its end with its output captured.
   *
   * @param {string} command
   * @param {string[]} args
   * @param {{ cwd: string, env?: NodeJS.ProcessEnv, what?: string }} options `what` names it in the error
   * @returns {Promise<string>} what it printed, both streams as they came
   * @throws StepError with the output when it does not exit with 0
   */
  function run(command, args, options) {
    return capture(command, args, options, running);
  }

  return {
    run,
    killAll(signal) {
      for (const child of running) child.kill(signal);
    },
  };
}

/** @returns {Promise<string>} */
function capture(command, args, { cwd, env = process.env, what = command }, running) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    running.add(child);
    let output = '';
    const keep = (chunk) => {
      output = (output + chunk).slice(-maxOutput);
    };
    child.stdout.setEncoding('utf8').on('data', keep);
    child.stderr.setEncoding('utf8').on('data', keep);
    child.on('error', (cause) => {
      running.delete(child);
      reject(new StepError(`${what} could not be started: ${cause.message}`, { cause, output }));
    });
    child.on('close', (code, signal) => {
      running.delete(child);
      if (code === 0) resolve(output);
      else reject(new StepError(`${what} failed (${signal ?? `exit code ${code}`}).`, { output }));
    });
  });
}

/**
 * How to call npm from here: the npm that called us, by its own file, else the one on the PATH.
 *
 * @param {NodeJS.ProcessEnv} env
 * @returns {{ command: string, args: string[] }}
 */
export function npmCommand(env) {
  const script = env['npm_execpath'];
  return script?.endsWith('npm-cli.js') ? { command: process.execPath, args: [script] } : { command: 'npm', args: [] };
}
