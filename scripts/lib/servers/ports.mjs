import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A port from here on needs no special rights, and no well-known service of a developer's machine listens on it. */
const lowest = 10_000;
/** Linux gives outgoing connections ports from here on, other systems from higher ones (`net.ipv4.ip_local_port_range`). */
const outgoing = 32_768;

/** A file a port, which holds the id of the process that was given it. Other accounts have folders of their own. */
export const leases = join(tmpdir(), `parley-ports-${process.getuid?.() ?? 'all'}`);

/** @type {Set<number>} the ports that this process was given */
const given = new Set();
process.on('exit', () => {
  for (const port of given) rmSync(lease(port), { force: true });
});

const lease = (port) => join(leases, String(port));

/**
 * A port that nobody listens on at this moment, that no outgoing connection is given, and that no other call gives out while this process
 * runs. So a server may be started on it a while later, and again after it was down.
 *
 * @param {string} [host]
 * @returns {Promise<number>}
 */
export async function freePort(host = '127.0.0.1') {
  mkdirSync(leases, { recursive: true });
  for (;;) {
    const port = lowest + Math.floor(Math.random() * (outgoing - lowest));
    if (!take(port)) continue;
    given.add(port);
    if (await isPortFree(port, host)) return port;
  }
}

/** @returns {boolean} whether the port is this process's now; false if another that still runs, or this one, has been given it */
function take(port) {
  try {
    writeFileSync(lease(port), String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  }
  try {
    // A killed process left it behind. It is for the next to take: two may have found it at once.
    if (!isRunning(Number(readFileSync(lease(port), 'utf8')))) rmSync(lease(port), { force: true });
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
  return false;
}

/** @param {number} pid */
function isRunning(pid) {
  if (!pid) return true; // it is being written
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/**
 * @param {number} port
 * @param {string} [host]
 * @returns {Promise<boolean>} whether it can be listened on
 */
export function isPortFree(port, host = '127.0.0.1') {
  return new Promise((resolve) => {
    const server = createServer();
    server.on('error', () => resolve(false));
    server.listen(port, host, () => server.close(() => resolve(true)));
  });
}
