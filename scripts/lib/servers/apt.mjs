import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { isExecutable } from './glob.mjs';

const policyFile = '/usr/sbin/policy-rc.d';
/** Names of the packages' processes, as far as /proc shows them (15 characters). */
const serviceNames = new Set(['postgres', 'nats-server', 'redis-server', 'nginx', 'prometheus', 'pgbouncer', 'chromium']);
const units = {
  postgresql: 'postgresql',
  'nats-server': 'nats-server',
  'redis-server': 'redis-server',
  nginx: 'nginx',
  prometheus: 'prometheus',
  pgbouncer: 'pgbouncer',
};

/**
 * Why apt cannot or may not be used here, or null when it can.
 *
 * @param {{ env: NodeJS.ProcessEnv, uid: number | undefined, hasApt?: boolean }} machine
 * @returns {string | null}
 */
export function aptProblem({ env, uid, hasApt = isExecutable('/usr/bin/apt-get') }) {
  if (!hasApt) return 'there is no apt here';
  if (env['PARLEY_APT'] === '0') return 'PARLEY_APT=0 forbids installing it for you';
  if (uid !== 0) return 'only root may let apt install it';
  return null;
}

/**
 * Whether apt may be able to install a package: its lists name it, or there are no lists yet.
 *
 * @param {string} name of the package
 */
export function aptMayHave(name) {
  const noLists = spawnSync('/usr/bin/apt-cache', ['show', 'apt'], { stdio: 'ignore' }).status !== 0;
  return noLists || aptNames(name);
}

function aptNames(name) {
  return spawnSync('/usr/bin/apt-cache', ['show', name], { stdio: 'ignore' }).status === 0;
}

/**
 * Installs packages and leaves no service of theirs running, neither now nor after a restart of the machine.
 *
 * @param {string[][]} wanted packages, each with others that will do as well: of these the first that apt knows is installed
 * @param {ReturnType<typeof import('../command.mjs').createCommands>} commands
 */
export async function aptInstall(wanted, commands) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' };
  const cwd = '/';
  const before = new Set(serviceProcesses());
  // With this file Debian forbids packages to start their services. If the file exists, it is somebody's, and mostly forbids the same.
  const ours = !existsSync(policyFile);
  if (ours) writeFileSync(policyFile, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    await commands.run('apt-get', ['update', '-qq'], { cwd, env, what: 'apt-get update' });
    const packages = wanted.map((names) => names.find(aptNames) ?? names.at(-1));
    await commands.run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], { cwd, env, what: 'apt-get install' });
  } finally {
    if (ours) rmSync(policyFile, { force: true });
    if (existsSync('/run/systemd/system')) {
      for (const name of wanted.flat()) {
        if (units[name]) await commands.run('systemctl', ['disable', '--now', units[name]], { cwd, env }).catch(() => undefined);
      }
    }
    for (const pid of serviceProcesses()) if (!before.has(pid)) stop(pid);
  }
}

/** @returns {number[]} pids of processes that run under the name of one of the services */
function serviceProcesses() {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .filter((pid) => {
      try {
        return serviceNames.has(readFileSync(`/proc/${pid}/comm`, 'utf8').trim());
      } catch {
        return false; // it ended meanwhile
      }
    })
    .map(Number);
}

/** @param {number} pid */
function stop(pid) {
  try {
    process.kill(pid, 'SIGTERM');
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}
