import { createServer } from 'node:net';

/** Below it nobody needs rights that a user has not, nor do the well-known services of a developer's machine listen. */
const lowest = 10_000;
/** Linux gives every connection that goes out a port from here on, others do later (`net.ipv4.ip_local_port_range`). */
const outgoing = 32_768;

/**
 * A port nobody listens on at this moment, and that no outgoing connection is given: a server may be started on it a while later, and again
 * after it was down.
 *
 * @param {string} [host]
 * @returns {Promise<number>}
 */
export async function freePort(host = '127.0.0.1') {
  for (;;) {
    const port = lowest + Math.floor(Math.random() * (outgoing - lowest));
    if (await isPortFree(port, host)) return port;
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
