import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

/** A program of this folder, bundled so that Node can run it. */
export interface ChildProgram extends AsyncDisposable {
  start(...args: string[]): Child;
}

/** A running program; killed, if it still runs, when disposed of. */
export interface Child extends AsyncDisposable {
  readonly pid: number;
  /** Its next line of output; null once it has ended. */
  nextLine(): Promise<string | null>;
  /** All lines from now to its end. */
  rest(): Promise<string[]>;
  /** Writes a line to its input. */
  say(line: string): void;
  /** SIGKILL, and waits for the end. */
  kill(): Promise<void>;
  /** Ends the program's input, at which the programs of this folder end by themselves; resolves with the exit code. */
  finish(): Promise<number | null>;
}

/** @param entry file in this folder, e.g. `open-directory.ts` */
export async function buildChild(entry: string): Promise<ChildProgram> {
  // Inside of the package, so that the bundle finds its dependencies.
  const parent = fileURLToPath(new URL('../../node_modules/.cache/', import.meta.url));
  await mkdir(parent, { recursive: true });
  const outDir = await mkdtemp(join(parent, 'child-'));
  await build({
    configFile: false,
    logLevel: 'error',
    build: {
      ssr: fileURLToPath(new URL(entry, import.meta.url)),
      outDir,
      target: 'node20',
      rollupOptions: { output: { entryFileNames: 'child.mjs' } },
    },
  });
  return {
    // The program lives for seconds. Compiling PGlite's WebAssembly a second time, for speed, would be half of its work and gain nothing.
    start: (...args) => follow(spawn(process.execPath, ['--liftoff-only', join(outDir, 'child.mjs'), ...args])),
    [Symbol.asyncDispose]: () => rm(outDir, { recursive: true, force: true }),
  };
}

function follow(process: ChildProcessWithoutNullStreams): Child {
  const lines = createInterface({ input: process.stdout })[Symbol.asyncIterator]();
  let errors = '';
  process.stderr.on('data', (data: Buffer) => (errors += data.toString()));
  const closed = once(process, 'close') as Promise<[number | null, string | null]>;
  const child: Child = {
    pid: process.pid ?? 0,
    async nextLine() {
      const { value, done } = await lines.next();
      if (!done) return value as string;
      const [code] = await closed;
      if (code) throw new Error(`the program ended with ${code}:\n${errors}`);
      return null;
    },
    async rest() {
      const rest: string[] = [];
      for (let line = await child.nextLine(); line !== null; line = await child.nextLine()) rest.push(line);
      return rest;
    },
    say: (line) => void process.stdin.write(`${line}\n`),
    async kill() {
      process.kill('SIGKILL');
      await closed;
    },
    async finish() {
      process.stdin.end();
      const [code] = await closed;
      return code;
    },
    [Symbol.asyncDispose]: () => child.kill(),
  };
  return child;
}
