import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nkeys } from '@nats-io/transport-node';
import { expect, test } from 'vitest';
import { told } from '../test/any-channel.js';
import { createTestNatsServer } from '../test/nats-server.js';
import { createNatsBus } from './nats-bus.js';

type KeyPair = ReturnType<typeof nkeys.createUser>;

/** A token as `nsc` makes it: claims about `subject`, signed by `issuer`. */
function signed(issuer: KeyPair, subject: KeyPair, name: string, claims: object): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const about = { jti: name, iat: 1_700_000_000, iss: issuer.getPublicKey(), name, sub: subject.getPublicKey() };
  const body = `${part({ typ: 'JWT', alg: 'ed25519-nkey' })}.${part({ ...about, nats: { version: 2, ...claims } })}`;
  return `${body}.${Buffer.from(issuer.sign(Buffer.from(body))).toString('base64url')}`;
}

test('a file of credentials lets in, read anew for each connection, and an account hears nothing of another', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'parley-creds-'));
  const operator = nkeys.createOperator();
  const [system, ours, theirs] = [nkeys.createAccount(), nkeys.createAccount(), nkeys.createAccount()];
  const all = { subs: -1, data: -1, payload: -1, imports: -1, exports: -1, wildcards: true, conn: -1, leaf: -1 };
  const store = { mem_storage: -1, disk_storage: -1, streams: -1, consumer: -1 };
  const account = (pair: KeyPair, name: string, limits: object) =>
    `${pair.getPublicKey()}: ${signed(operator, pair, name, { type: 'account', limits })}`;
  const conf = join(directory, 'nats.conf');
  writeFileSync(
    conf,
    `operator: ${signed(operator, operator, 'operator', { type: 'operator' })}
system_account: ${system.getPublicKey()}
resolver: MEMORY
resolver_preload: {
  ${account(system, 'system', all)}
  ${account(ours, 'ours', { ...all, ...store })}
  ${account(theirs, 'theirs', { ...all, ...store })}
}
`,
  );
  /** Writes a file of credentials of a new user. */
  const credentials = (name: string, of: KeyPair) => {
    const user = nkeys.createUser();
    const token = signed(of, user, name, { type: 'user', pub: {}, sub: {}, subs: -1, data: -1, payload: -1 });
    const seed = Buffer.from(user.getSeed()).toString();
    const block = (what: string, text: string) => `-----BEGIN ${what}-----\n${text}\n------END ${what}------\n\n`;
    const file = join(directory, `${name}.creds`);
    writeFileSync(file, block('NATS USER JWT', token) + block('USER NKEY SEED', seed));
    return file;
  };
  const server = await createTestNatsServer(['-c', conf]);
  await server.start();
  const errors: string[] = [];
  const open = (credentialsFile: string) =>
    createNatsBus({
      servers: server.url,
      credentialsFile,
      name: 'account test',
      env: 'test',
      reconnectWaitMs: 20,
      reconnectMaxWaitMs: 100,
      onError: (error) => errors.push((error as Error).message),
    });
  const late = join(directory, 'late.creds');
  writeFileSync(late, 'nothing yet');
  const [one, two, stranger] = [await open(credentials('one', ours)), await open(late), await open(credentials('stranger', theirs))];
  try {
    expect([one.state, two.state, stranger.state]).toEqual(['connected', 'disconnected', 'connected']);
    expect(errors.length).toBeGreaterThan(0);
    copyFileSync(credentials('two', ours), late);
    await expect.poll(() => two.state).toBe('connected');
    const heard: unknown[] = [];
    await one.subscribe(told('room.x'), (payload) => void heard.push(payload));
    stranger.publish(told('room.x'), 'from a stranger');
    two.publish(told('room.x'), 'from one of ours');
    await expect.poll(() => heard).toEqual(['from one of ours']);
    // JetStream belongs to the account too.
    const woken: string[] = [];
    await one.jobs.consume(async (wakeUp) => void woken.push(wakeUp), { maxInFlight: 1 });
    await two.jobs.enqueue('a job');
    await expect.poll(() => woken).toEqual(['a job']);
  } finally {
    await Promise.all([one, two, stranger].map((bus) => bus.close()));
    await server[Symbol.asyncDispose]();
    rmSync(directory, { recursive: true, force: true });
  }
});
