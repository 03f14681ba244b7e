import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A NATS server of a test's own, with JetStream on throw-away data, that can be stopped, frozen and robbed of its data. */
export interface TestNatsServer extends AsyncDisposable {
  readonly url: string;
  /** Resolves once it takes connections; always on the same port, with the data of before. */
  start(): Promise<void>;
  /** Resolves once the process has gone. */
  stop(): Promise<void>;
  /** Stopped, then started with an empty store. */
  restartEmpty(): Promise<void>;
  /** The process stays and its connections too, but it neither reads nor answers. Resolves once that is so. */
  freeze(): Promise<void>;
  thaw(): void;
}

/** @param args more arguments for `nats-server`, whose path is NATS_SERVER_PATH or found in PATH */
export async function createTestNatsServer(args: string[] = []): Promise<TestNatsServer> {
  const directory = await mkdtemp(join(tmpdir(), 'parley-nats-'));
  const port = await freePort();
  let child: ChildProcess | null = null;

  async function start(): Promise<void> {
    const binary = process.env['NATS_SERVER_PATH'] ?? 'nats-server';
    const started = spawn(binary, ['-a', '127.0.0.1', '-p', String(port), '-js', '-sd', directory, ...args], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    child = started;
    let log = '';
    await new Promise<void>((resolve, reject) => {
      const fail = (reason: unknown) =>
        reject(new Error(`${binary} did not start: ${String(reason)}. Put nats-server in PATH, or name it in NATS_SERVER_PATH.\n${log}`));
      started.once('error', fail);
      started.once('exit', fail);
      started.stderr?.on('data', (chunk: Buffer) => {
        log += chunk.toString();
        if (!log.includes('Server is ready')) return;
        started.removeAllListeners('exit');
        started.stderr?.removeAllListeners('data').resume();
        log = '';
        resolve();
      });
    });
  }

  async function stop(): Promise<void> {
    const running = child;
    child = null;
    if (!running || running.exitCode !== null || running.signalCode !== null) return;
    const exit = once(running, 'exit');
    running.kill('SIGKILL');
    await exit;
  }

  return {
    url: `nats://127.0.0.1:${port}`,
    start,
    stop,
    async restartEmpty() {
      await stop();
      await rm(directory, { recursive: true, force: true });
      await start();
    },
    async freeze() {
      // The signal stops one thread after another, so a client finds out when the last has stopped.
      const probe = connect(port, '127.0.0.1');
      try {
        await once(probe, 'data');
        probe.write('CONNECT {"verbose":false}\r\n');
        child?.kill('SIGSTOP');
        for (let answered = true; answered;) {
          const silence = AbortSignal.timeout(50);
          const answer = once(probe, 'data', { signal: silence });
          probe.write('PING\r\n');
          answered = await answer.then(
            () => true,
            () => false,
          );
        }
      } finally {
        probe.destroy();
      }
    },
    thaw: () => void child?.kill('SIGCONT'),
    async [Symbol.asyncDispose]() {
      await stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
