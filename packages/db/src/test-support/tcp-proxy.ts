import { once } from 'node:events';
import { type Socket, connect, createServer } from 'node:net';
import { freePort } from '../../../../scripts/lib/servers/ports.mjs';

/** A way to a server that can be cut or frozen. */
export interface TcpProxy extends AsyncDisposable {
  readonly port: number;
  /** From now on nothing passes either way and no connection ends, as with a dead host. */
  freeze(): void;
  /** Connections made from now on pass again; those that were frozen are ended. */
  thaw(): void;
  /** Ends all connections at once and refuses new ones until {@link open}. */
  cut(): Promise<void>;
  open(): Promise<void>;
}

export async function tcpProxy(target: { host: string; port: number }): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  let frozen = false;
  const server = createServer((client) => {
    const upstream = connect(target);
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from);
      from.pipe(to);
      from.on('error', () => to.destroy());
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
      if (frozen) hold(from);
    }
  });
  const hold = (socket: Socket) => socket.unpipe().pause();
  // Nobody else gets a port of `freePort` while the proxy is cut.
  const port = await freePort();
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const proxy: TcpProxy = {
    port,
    freeze() {
      frozen = true;
      for (const socket of sockets) hold(socket);
    },
    thaw() {
      frozen = false;
      for (const socket of sockets) socket.destroy();
    },
    async cut() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
    async open() {
      server.listen(port, '127.0.0.1');
      await once(server, 'listening');
    },
    async [Symbol.asyncDispose]() {
      if (server.listening) await proxy.cut();
    },
  };
  return proxy;
}
