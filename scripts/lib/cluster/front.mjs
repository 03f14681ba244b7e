import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startChild } from '../servers/child.mjs';
import { StepError } from '../steps.mjs';
import { nginxConf } from './nginx-conf.mjs';

const pollMs = 25;
const reloadLimitMs = 60_000;
const unseenReloadMs = 2_000;

/**
 * nginx with the APIs behind it.
 *
 * @param {{ binary: string, directory: string, conf: Omit<import('./nginx-conf.mjs').NginxOptions, 'directory' | 'apiPorts'>, apiPorts: number[] }} options
 *   `directory` is nginx's own
 */
export function startFront({ binary, directory, conf, apiPorts }) {
  mkdirSync(directory, { recursive: true });
  const file = join(directory, 'nginx.conf');
  const write = (ports) => writeFileSync(file, nginxConf({ ...conf, apiPorts: ports, directory }));
  write(apiPorts);
  const args = ['-p', directory, '-c', file, '-e', 'stderr', '-g', 'daemon off;'];
  const child = startChild('nginx', binary, args, { cwd: directory, stopSignal: 'SIGQUIT' });
  return {
    child,
    /**
     * Reads the configuration anew, with these APIs, and resolves once no worker takes calls by the old one. Whoever has a socket keeps it.
     *
     * @param {number[]} ports
     */
    async reload(ports) {
      write(ports);
      const old = workersOf(child.pid);
      process.kill(child.pid, 'SIGHUP');
      // There is no /proc here: nothing says when, and a reload takes a fraction of this.
      if (old.size === 0) return await delay(unseenReloadMs);
      for (const deadline = Date.now() + reloadLimitMs; ; await delay(pollMs)) {
        const now = workersOf(child.pid);
        const isNew = [...now.keys()].some((pid) => !old.has(pid));
        // Where a process cannot change its title, the new workers have to do.
        const isOver = [...old.keys()].every((pid) => !now.has(pid) || !now.get(pid)?.endsWith('worker process'));
        if (isNew && isOver) return;
        if (!child.isRunning() || Date.now() > deadline) throw new StepError('nginx did not reload.', { output: child.output() });
      }
    },
  };
}

/** nginx's workers by their pids, each with its title, which says when it is shutting down; nobody where there is no /proc. @param {number} pid */
function workersOf(pid) {
  const workers = new Map();
  let entries;
  try {
    entries = readdirSync('/proc').filter((entry) => /^\d+$/.test(entry));
  } catch {
    return workers;
  }
  for (const entry of entries) {
    try {
      const parent = /^\d+ \(.*\) \S (\d+)/s.exec(readFileSync(`/proc/${entry}/stat`, 'utf8'))?.[1];
      if (Number(parent) !== pid) continue;
      workers.set(Number(entry), readFileSync(`/proc/${entry}/cmdline`, 'utf8').replaceAll('\0', ' ').trim());
    } catch {
      // It ended meanwhile.
    }
  }
  return workers;
}
