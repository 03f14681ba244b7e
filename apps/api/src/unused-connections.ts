import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Knows the connections of a server on which nothing was said yet: browsers and HTTP clients open some in advance. To Node they are not
 * idle but calls under way, so a server that stops would wait for them.
 *
 * @returns a function that closes the connections that are unused when it is called
 */
export function watchUnusedConnections(server: Server): () => void {
  const open = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  return () => {
    for (const socket of open) if (socket.bytesRead === 0) socket.destroy();
  };
}
