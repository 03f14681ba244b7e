import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ownNats, type OwnNats } from '../../../tests/e2e/faults/harness/own-servers.js';

/** A NATS server of a test's own, with JetStream on throw-away data, that can be killed, frozen and robbed of its data. */
export interface TestNatsServer extends Omit<OwnNats, 'freeze'> {
  readonly url: string;
  /** The process stays and its connections too, but it neither reads nor answers. Resolves once that is so. */
  freeze(): Promise<void>;
}

/** @param args more arguments for `nats-server`, whose path is NATS_SERVER_PATH or found in PATH */
export async function createTestNatsServer(args: string[] = []): Promise<TestNatsServer> {
  const directory = await mkdtemp(join(tmpdir(), 'parley-nats-'));
  const server = await ownNats(directory, args);
  const { port } = server;
  return {
    ...server,
    url: `nats://127.0.0.1:${port}`,
    async freeze() {
      // The signal stops one thread after another, so a client finds out when the last has stopped.
      const probe = connect(port, '127.0.0.1');
      try {
        await once(probe, 'data');
        probe.write('CONNECT {"verbose":false}\r\n');
        server.freeze();
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
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
