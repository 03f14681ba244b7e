import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { patienceMs } from '../../harness/patience.js';

/** A server of a test's own, always on the same port, that can be killed, frozen, started again and robbed of its data. */
export interface OwnServer extends AsyncDisposable {
  readonly port: number;
  /** Resolves once it answers; with the data of before. @param more arguments for this time */
  start(...more: string[]): Promise<void>;
  /** Ends it at once, without goodbyes; resolves once it is gone, connections and all. */
  kill(): Promise<void>;
  freeze(): void;
  thaw(): void;
  /** Thaws the server, and starts it if it does not run. Its data stays. */
  restore(): Promise<void>;
}

export interface OwnServerOptions {
  name: string;
  program: string;
  args: (port: number) => string[];
  port: number;
  /** Whether it answers already. */
  isReady: (port: number) => Promise<boolean>;
  account?: { uid: number; gid: number } | null;
  cwd: string;
  /** The signal that ends it at once. @default SIGKILL */
  killSignal?: NodeJS.Signals;
}

export function ownServer(options: OwnServerOptions): OwnServer {
  const { name, program, args, port, isReady, account, cwd } = options;
  let child: ChildProcess | null = null;
  let output = '';

  async function start(...more: string[]): Promise<void> {
    const deadline = Date.now() + patienceMs;
    // An outgoing connection may have the port for a moment, where a system gives such ports to them.
    while (!(await startOnce(more, deadline))) await delay(100);
  }

  /** @returns false if something else has the port */
  async function startOnce(more: string[], deadline: number): Promise<boolean> {
    const spawning: SpawnOptions = { cwd, stdio: ['ignore', 'pipe', 'pipe'], env: environment(), ...account };
    const started = spawn(program, [...args(port), ...more], spawning);
    child = started;
    output = '';
    let ended: string | null = null;
    for (const stream of [started.stdout!, started.stderr!]) {
      stream.on('data', (chunk: Buffer) => {
        output = (output + chunk.toString()).slice(-8_000);
      });
    }
    started.once('error', (error) => (ended = error.message));
    started.once('exit', (code, signal) => (ended = String(signal ?? code)));
    while (!(await isReady(port))) {
      if (ended !== null && /address already in use/i.test(output) && Date.now() < deadline) return false;
      if (ended !== null) throw new Error(`${name} ended while starting (${String(ended)}):\n${output}`);
      if (Date.now() > deadline) throw new Error(`${name} was not ready in ${patienceMs / 1000} s:\n${output}`);
      await delay(20);
    }
    return true;
  }

  async function kill(): Promise<void> {
    const running = child;
    child = null;
    if (running && running.exitCode === null && running.signalCode === null) {
      const exit = once(running, 'exit');
      running.kill('SIGCONT');
      running.kill(options.killSignal ?? 'SIGKILL');
      await exit;
    }
  }

  const thaw = () => void child?.kill('SIGCONT');

  async function restore(): Promise<void> {
    thaw();
    if (child && child.exitCode === null && child.signalCode === null) return;
    await start();
  }

  return {
    port,
    start,
    kill,
    freeze: () => void child?.kill('SIGSTOP'),
    thaw,
    restore,
    [Symbol.asyncDispose]: kill,
  };
}

/** The caller's PG* variables are about other databases. */
function environment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('PG')));
}

/** Sends `request` and says whether what comes back begins with `expected`; false on any error and after a second. */
export function answers(port: number, request: string | Buffer, expected: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    let received = '';
    const settle = (result: boolean) => {
      socket.destroy();
      resolve(result);
    };
    socket.setTimeout(1_000, () => settle(false));
    socket.on('error', () => settle(false));
    socket.on('close', () => settle(false));
    socket.on('connect', () => void (request.length > 0 && socket.write(request)));
    socket.setEncoding('latin1').on('data', (chunk) => {
      received += String(chunk);
      if (received.length >= expected.length) settle(received.startsWith(expected));
    });
  });
}
