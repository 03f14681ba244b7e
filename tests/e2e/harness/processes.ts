import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { patienceMs } from './patience.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** Entry points of the built processes. */
export const entries = {
  api: `${root}apps/api/bundle/main.js`,
  worker: `${root}apps/worker/bundle/main.js`,
  standalone: `${root}apps/standalone/bundle/main.js`,
  admin: `${root}apps/api/bundle/admin.js`,
  backup: `${root}apps/api/bundle/backup.js`,
  restore: `${root}apps/api/bundle/restore.js`,
  move: `${root}apps/api/bundle/move.js`,
  import: `${root}apps/api/bundle/import.js`,
  migrate: `${root}apps/api/bundle/migrate.js`,
  modelServer: `${root}packages/model-server/dist/main.js`,
  /** What `npm start` runs: looks whether all is installed and built, then becomes the server. */
  start: `${root}scripts/start.mjs`,
} as const;

/** A process of ours under test. */
export interface RunningProcess {
  readonly pid: number;
  /** Everything it printed so far, stdout and stderr. */
  readonly output: () => string;
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  /** Resolves with the match once a printed line matches; rejects if the process ends first, or after `timeoutMs`. */
  printed(pattern: RegExp, timeoutMs?: number): Promise<RegExpMatchArray>;
  /** Sends a signal, by pid. */
  signal(name: NodeJS.Signals): void;
  /** Whether it was asked to stop, or is gone. */
  readonly ending: boolean;
  /** SIGTERM, then SIGKILL after `graceMs`; resolves when it is gone. */
  stop(graceMs?: number): Promise<void>;
}

/**
 * Options of Node for a process of a test, as most live for seconds. Compiling their WebAssembly (PGlite, Prisma's compiler of queries) a
 * second time, for speed, would be a third of what a start of the embedded shape costs and gain nothing. JavaScript is compiled a second
 * time only after it has run twenty times as much as V8 waits for by default: of a start that is a tenth.
 */
export const shortLived = ['--liftoff-only', '--interrupt-budget=1351680'];

/** Starts one of our built processes with these variables alone, besides PATH and HOME; what it answers is checked. */
export function startProcess(
  entry: keyof typeof entries,
  variables: Record<string, string>,
  options: { cwd?: string; args?: string[] } = {},
): RunningProcess {
  const child = spawn(process.execPath, [...shortLived, entries[entry], ...(options.args ?? [])], {
    cwd: options.cwd ?? root,
    env: { ...surroundings(), CHECK_ANSWERS: 'true', ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return watch(child, entry);
}

/** Starts a program that is not one of ours: a file that Node runs, or another command with its first argument. */
export function startProgram(
  file: string,
  options: { command?: string; args?: string[]; env?: Record<string, string>; cwd?: string } = {},
): RunningProcess {
  const { command = process.execPath, args = [], env = {}, cwd } = options;
  return watch(spawn(command, [file, ...args], { cwd, env: { ...surroundings(), ...env }, stdio: ['ignore', 'pipe', 'pipe'] }), file);
}

/**
 * The part of our environment that a process needs, and the run of tests that it belongs to (scripts/lib/testing/left-behind.mjs): nothing
 * that configures it.
 */
function surroundings(): NodeJS.ProcessEnv {
  const { PATH, HOME, PARLEY_TEST_RUN } = process.env;
  return { PATH, HOME, PARLEY_TEST_RUN };
}

function watch(child: ChildProcess, name: string): RunningProcess {
  let output = '';
  const listeners = new Set<() => void>();
  const collect = (chunk: Buffer) => {
    output += chunk.toString();
    for (const listener of listeners) listener();
  };
  child.stdout!.on('data', collect);
  child.stderr!.on('data', collect);
  let over = false;
  let asked = false;
  const exited = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    // `close`, not `exit`: by then everything it printed has been read.
    child.on('close', (code, signal) => {
      over = true;
      resolve({ code, signal });
      for (const listener of listeners) listener();
    });
  });
  return {
    pid: child.pid!,
    output: () => output,
    exited,
    printed(pattern, timeoutMs = patienceMs) {
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => settle(new Error(`${name} did not print ${pattern} in ${timeoutMs} ms:\n${output}`)), timeoutMs);
        const look = () => {
          const match = pattern.exec(output);
          if (match) settle(match);
          else if (over) settle(new Error(`${name} ended without printing ${pattern}:\n${output}`));
        };
        const settle = (result: RegExpMatchArray | Error) => {
          clearTimeout(timer);
          listeners.delete(look);
          if (result instanceof Error) reject(result);
          else resolve(result);
        };
        listeners.add(look);
        look();
      });
    },
    signal(signal) {
      if (signal !== 'SIGSTOP' && signal !== 'SIGCONT') asked = true;
      child.kill(signal);
    },
    get ending() {
      return over || asked;
    },
    async stop(graceMs = patienceMs) {
      if (over) return;
      child.kill('SIGCONT');
      asked = true;
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), graceMs);
      await exited;
      clearTimeout(timer);
    },
  };
}
