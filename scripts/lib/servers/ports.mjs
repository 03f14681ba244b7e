import { createServer } from 'node:net';

/** A port from here on needs no special rights, and no well-known service of a developer's machine listens on it. */
const lowest = 10_000;
/** Linux gives outgoing connections ports from here on, other systems from higher ones (`net.ipv4.ip_local_port_range`). */
const outgoing = 32_768;

/**
 * A port that nobody listens on at this moment, and that no outgoing connection is given. So a server may be started on it a while later,
 * and again after it was down.
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
