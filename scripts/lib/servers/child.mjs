import { spawn } from 'node:child_process';
import { StepError } from '../steps.mjs';

const maxOutput = 20_000;
const pollMs = 25;
const lastOutputMs = 200;

/**
 * A child process that this one owns: started, waited for, and ended by its pid.
 *
 * @typedef {object} Child
 * @property {string} name
 * @property {number} pid
 * @property {Promise<string>} ended resolves with how it ended, such as `exit code 1` or `SIGKILL`
 * @property {() => string} output the end of what it printed
 * @property {() => boolean} isRunning
 * @property {(options?: { graceMs?: number }) => Promise<void>} stop asks it to end, and kills it after `graceMs` (@default 5000)
 *
 * @param {string} name for messages
 * @param {string} file
 * @param {string[]} args
 * @param {{ cwd: string, env?: NodeJS.ProcessEnv, account?: { uid: number, gid: number } | null, stopSignal?: NodeJS.Signals, wholeGroup?: boolean,
 *   onLine?: (line: string) => void }} options `stopSignal`: what `stop` sends, @default SIGTERM;
 *   `wholeGroup`: it is sent to what the child started too, for wrappers that do not pass it on
 * @returns {Child}
 */
export function startChild(
  name,
  file,
  args,
  { cwd, env = process.env, account = null, stopSignal = 'SIGTERM', wholeGroup = false, onLine },
) {
  // In a group of its own: Ctrl-C in a terminal reaches every process of a group at once, and the order of ending is ours to choose.
  const child = spawn(file, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true, ...account });
  let output = '';
  let running = true;
  const ended = new Promise((resolve) => {
    child.on('error', (error) => {
      running = false;
      output += error.message;
      resolve(error.message);
    });
    child.on('exit', (code, signal) => {
      running = false;
      const how = signal ?? `exit code ${code}`;
      // At `close` all of its output has been read. If a process that it left behind keeps the pipe open, the timer resolves instead.
      child.on('close', () => resolve(how));
      setTimeout(() => resolve(how), lastOutputMs).unref();
    });
  });
  for (const stream of [child.stdout, child.stderr]) {
    let rest = '';
    stream.setEncoding('utf8').on('data', (chunk) => {
      output = (output + chunk).slice(-maxOutput);
      if (!onLine) return;
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) onLine(line);
    });
  }
  return {
    name,
    pid: child.pid ?? -1,
    ended,
    output: () => output,
    isRunning: () => running,
    async stop({ graceMs = 5000 } = {}) {
      if (!running) return;
      const send = (signal) => signalTo(wholeGroup ? -child.pid : child.pid, signal);
      send(stopSignal);
      const timer = setTimeout(() => send('SIGKILL'), graceMs);
      await ended;
      clearTimeout(timer);
      if (wholeGroup) await groupEnded(child.pid, graceMs);
    },
  };
}

/**
 * Resolves once nothing runs any more of what a child started: its own end may come before theirs. What takes longer than `graceMs` is
 * killed.
 *
 * @param {number} pid of the child, whose group it is
 * @param {number} graceMs
 */
async function groupEnded(pid, graceMs) {
  for (let waited = 0; isThere(-pid) && waited < graceMs + lastOutputMs; waited += pollMs) {
    if (waited >= graceMs) signalTo(-pid, 'SIGKILL');
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}

/** @param {number} target a pid, or the negative of a group's */
function isThere(target) {
  try {
    process.kill(target, 0);
    return true;
  } catch {
    return false;
  }
}

/** @param {number} target a pid, or the negative of a group's */
function signalTo(target, signal) {
  try {
    process.kill(target, signal);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error; // it has ended
  }
}

/**
 * Waits until a child is ready to be used.
 *
 * @param {Child} child
 * @param {() => Promise<boolean> | boolean} isReady
 * @param {{ timeoutMs?: number }} [options]
 * @throws StepError with its output if it ends first, or takes too long; it is stopped then
 */
export async function waitUntilReady(child, isReady, { timeoutMs = 120_000 } = {}) {
  const deadline = Date.now() + timeoutMs;
  while (Date.now() < deadline) {
    if (!child.isRunning()) throw new StepError(`${child.name} ended while starting (${await child.ended}).`, { output: child.output() });
    if (await isReady()) return;
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
  await child.stop();
  throw new StepError(`${child.name} was not ready after ${timeoutMs / 1000} s.`, { output: child.output() });
}
