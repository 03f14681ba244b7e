import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { boundConnections } from './bound-connections.js';

/** A server whose connections seem to come from these addresses, in turn. */
async function serve(max: number, addresses: string[]) {
  const server = createServer((socket) => socket.on('error', () => {}).resume());
  boundConnections(server, max, () => addresses.shift()!);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const sockets: Socket[] = [];
  return {
    addresses,
    /** True if the server keeps the connection: it answers a close with a close, and hangs up on others by itself. */
    async opens(): Promise<{ kept: boolean; close(): Promise<void> }> {
      const accepted = once(server, 'connection') as Promise<[Socket]>;
      const socket = connect(port, '127.0.0.1').on('error', () => {});
      sockets.push(socket);
      const [peer] = await accepted;
      return {
        kept: !peer.destroyed,
        async close() {
          const closed = once(peer, 'close');
          socket.destroy();
          await closed;
        },
      };
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

test('an address has so many connections at once, and others theirs; a /64 counts as one', async () => {
  await using server = await serve(2, [
    '192.0.2.1',
    '::ffff:192.0.2.1',
    '192.0.2.1',
    '192.0.2.2',
    '2001:db8::1',
    '2001:db8::2',
    '2001:db8::3',
  ]);
  const kept = [];
  while (server.addresses.length > 0) kept.push((await server.opens()).kept);
  expect(kept).toEqual([true, true, false, true, true, true, false]);
});

test('a connection that is closed makes room for another, a refused one does not', async () => {
  await using server = await serve(1, Array(5).fill('192.0.2.1') as string[]);
  const first = await server.opens();
  expect([first.kept, (await server.opens()).kept, (await server.opens()).kept]).toEqual([true, false, false]);
  await first.close();
  expect([(await server.opens()).kept, (await server.opens()).kept]).toEqual([true, false]);
});

test('this machine has as many as it likes', async () => {
  const addresses = ['127.0.0.1', '127.0.0.2', '::1', '::ffff:127.0.0.1', '127.0.0.1', '::1'];
  await using server = await serve(1, [...addresses]);
  for (const address of addresses) expect([address, (await server.opens()).kept]).toEqual([address, true]);
});
