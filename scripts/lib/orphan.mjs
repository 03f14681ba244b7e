import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** How soon after npm's death it is noticed, at most, in milliseconds. */
const checkMs = 100;

/**
 * Notices when the npm that runs us is gone, which nothing tells us: npm runs a shell that runs us, and a server would be left
 * behind that nobody can see. `onGone` is called once, with
 *
 * - `killed` when npm died and could not pass that on (`kill -9`);
 * - `stopped` when the shell died: npm passes SIGTERM to its shell, and a shell waiting for us ends without a word to us.
 *
 * Does nothing when npm did not start us.
 *
 * @param {NodeJS.ProcessEnv} env
 * @param {(how: 'killed' | 'stopped') => void} onGone
 * @returns {() => void} ends the watching
 */
export function watchNpm(env, onGone) {
  if (!env['npm_lifecycle_event'] || process.platform === 'win32') return () => undefined;
  const parent = process.ppid;
  // Some shells replace themselves with us, and then the parent is npm itself.
  const shell = isShell(parent);
  const npm = shell ? parentOf(parent) : parent;
  const timer = setInterval(() => {
    const how = shell && process.ppid !== parent ? 'stopped' : npm !== null && !isAlive(npm) ? 'killed' : null;
    if (how === null) return;
    clearInterval(timer);
    onGone(how);
  }, checkMs);
  timer.unref();
  return () => clearInterval(timer);
}

/**
 * A process that has died stays in the table as a zombie until its parent asks for it, which a container's init may never do.
 *
 * @param {number} pid
 */
function isAlive(pid) {
  const stat = procStat(pid);
  if (stat) return stat.state !== 'Z' && stat.state !== 'X';
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** @param {number} pid */
function isShell(pid) {
  return /(^|\/)-?(ba|da|a|z|k)?sh$/.test(ps(pid, 'comm') ?? '');
}

/** @param {number} pid */
function parentOf(pid) {
  const parent = Number(ps(pid, 'ppid'));
  return Number.isInteger(parent) ? parent : null;
}

/**
 * One field of a process, from /proc where there is one, else from ps.
 *
 * @param {number} pid
 * @param {'comm' | 'ppid'} field
 * @returns {string | null} null when it cannot be known
 */
function ps(pid, field) {
  const stat = procStat(pid);
  if (stat) return stat[field];
  try {
    return execFileSync('ps', ['-o', `${field}=`, '-p', String(pid)], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return null;
  }
}

/** @returns {{ comm: string, state: string, ppid: string } | null} null where there is no /proc, or no such process */
function procStat(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // pid (name, which may hold anything) state ppid …
    const end = stat.lastIndexOf(')');
    const [state = '', ppid = ''] = stat.slice(end + 2).split(' ');
    return { comm: stat.slice(stat.indexOf('(') + 1, end), state, ppid };
  } catch {
    return null;
  }
}
