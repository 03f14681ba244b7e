import { connect } from 'node:net';

/**
 * Opens a connection, sends `request`, and says whether what comes back starts with `expected`.
 *
 * @param {number} port on 127.0.0.1
 * @param {string} request
 * @param {string} expected
 * @returns {Promise<boolean>} false on any error, and after a second
 */
export function answers(port, request, expected) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    let received = '';
    const finish = (result) => {
      socket.destroy();
      resolve(result);
    };
    socket.setTimeout(1000, () => finish(false));
    socket.on('error', () => finish(false));
    socket.on('close', () => finish(false));
    socket.on('connect', () => request && socket.write(request));
    socket.setEncoding('utf8').on('data', (chunk) => {
      received += chunk;
      if (received.length >= expected.length) finish(received.startsWith(expected));
    });
  });
}
