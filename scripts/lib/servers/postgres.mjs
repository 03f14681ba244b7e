import { randomBytes } from 'node:crypto';
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { StepError } from '../steps.mjs';
import { postgresAccount } from './account.mjs';
import { startChild, waitUntilReady } from './child.mjs';

/**
 * Starts PostgreSQL on a data directory, which is made if it is not there.
 *
 * @param {{ binary: string, directory: string, port: number, durable: boolean }} options `directory` holds the data and the password, and the
 *   folders above it must be passable for the account it runs as; `durable: false` does without fsync
 * @returns {Promise<{ url: string, child: import('./child.mjs').Child, account: { uid: number, gid: number } | null, binDirectory: string }>}
 */
export async function startPostgres({ binary, directory, port, durable }) {
  const binDirectory = dirname(binary);
  const account = postgresAccount();
  const data = join(directory, 'data');
  const password = keepPassword(directory, account);
  if (!existsSync(join(data, 'PG_VERSION'))) initialise({ binDirectory, directory, data, account });

  const settings = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    // Use no Unix socket: the directory for sockets in /var/run belongs to another account.
    unix_socket_directories: '',
    max_connections: '200',
    ...(durable ? {} : { fsync: 'off', full_page_writes: 'off' }),
  };
  const args = ['-D', data, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
  const child = startChild('PostgreSQL', binary, args, {
    cwd: directory,
    env: cleanEnvironment(),
    account,
    // Fast and immediate shutdown; SIGTERM would wait for every client to leave.
    stopSignal: durable ? 'SIGINT' : 'SIGQUIT',
  });
  await waitUntilReady(child, () => isReady(join(data, 'postmaster.pid'), child.pid));
  return { url: `postgresql://postgres:${password}@127.0.0.1:${port}/postgres`, child, account, binDirectory };
}

function initialise({ binDirectory, directory, data, account }) {
  const args = ['-D', data, '-U', 'postgres', '-A', 'scram-sha-256', `--pwfile=${join(directory, 'password')}`, '-E', 'UTF8'];
  // Sorting by code point is what production images do with C.UTF-8; systems without that locale have C.
  for (const locale of ['C.UTF-8', 'C']) {
    rmSync(data, { recursive: true, force: true });
    const result = spawnSync(join(binDirectory, 'initdb'), [...args, `--locale=${locale}`, '--no-sync', '--no-instructions'], {
      cwd: directory,
      env: cleanEnvironment(),
      encoding: 'utf8',
      ...account,
    });
    if (result.status === 0) return;
    if (locale === 'C') throw new StepError('initdb failed.', { output: `${result.stdout}${result.stderr}`, cause: result.error });
  }
}

/** Makes the directory and the password in it, readable by its account alone. */
function keepPassword(directory, account) {
  mkdirSync(directory, { recursive: true });
  const file = join(directory, 'password');
  if (!existsSync(file)) writeFileSync(file, randomBytes(18).toString('base64url'), { mode: 0o600 });
  chmodSync(directory, 0o700);
  if (account) for (const path of [directory, file]) chownSync(path, account.uid, account.gid);
  return readFileSync(file, 'utf8').trim();
}

/** The caller's PG* variables are about other databases. */
function cleanEnvironment() {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('PG')));
}

/** Line 8 of the pid file is the server's state. Line 1 is its pid, because a file of an earlier server says nothing about this one. */
function isReady(file, pid) {
  if (!existsSync(file)) return false;
  const lines = readFileSync(file, 'utf8').split('\n');
  return Number(lines[0]) === pid && lines[7]?.trim() === 'ready';
}
