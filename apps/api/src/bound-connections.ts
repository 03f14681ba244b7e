import type { Server, Socket } from 'node:net';
import { addressKey } from './limits/address-key.js';

/**
 * Closes each connection of an address that has `max` open already. Addresses of this machine have as many as they like: whoever is
 * there is a proxy, behind which are others, or runs this server.
 *
 * @param addressOf @default the connection's peer
 */
export function boundConnections(server: Server, max: number, addressOf = (socket: Socket) => socket.remoteAddress ?? ''): void {
  const open = new Map<string, number>();
  server.on('connection', (socket: Socket) => {
    const key = addressKey(addressOf(socket));
    if (isLoopback(key)) return;
    const count = open.get(key) ?? 0;
    if (count >= max) return void socket.destroy();
    open.set(key, count + 1);
    socket.once('close', () => {
      const left = open.get(key)! - 1;
      if (left > 0) open.set(key, left);
      else open.delete(key);
    });
  });
}

/** Of keys as `addressKey` makes them. */
function isLoopback(key: string): boolean {
  return key.startsWith('127.') || key === '0:0:0:0::/64';
}
