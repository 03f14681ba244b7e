import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** Where a proxy leads just now; null refuses. */
export type Target = { port: number } | null;

interface Connection {
  client: Socket;
  server: Socket;
  /** Bytes passed on to the client so far. */
  down: number;
  /** How many it gets; null for as many as there are. */
  limit: number | null;
}

/**
 * One link of the world: a TCP proxy on 127.0.0.1 that can be cut, refused, frozen, delayed, and cut at any byte. A frozen link
 * holds what it has and takes no more, so both ends see a peer that is there and silent.
 */
export class TcpProxy implements AsyncDisposable {
  readonly #server: Server;
  readonly #target: () => Target;
  readonly #connections = new Set<Connection>();
  #refusing = false;
  #delayMs = 0;
  #thawed: Promise<void> | null = null;
  #thaw = () => {};
  #cutAfter: (() => number) | null = null;
  /** Connections made so far. */
  accepted = 0;

  private constructor(server: Server, target: () => Target) {
    this.#server = server;
    this.#target = target;
    server.on('connection', (client) => this.#connected(client));
  }

  /** @param target asked for each connection */
  static async start(target: () => Target): Promise<TcpProxy> {
    const server = createServer({ noDelay: true });
    const proxy = new TcpProxy(server, target);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get open(): number {
    return this.#connections.size;
  }

  /** Ends every connection there is, by reset. New ones are welcome. */
  cut(): void {
    for (const { client, server } of this.#connections) {
      client.resetAndDestroy();
      server.resetAndDestroy();
    }
  }

  /** Ends every connection and takes no new one until {@link restore}. */
  refuse(): void {
    this.#refusing = true;
    this.cut();
  }

  /** Nothing flows in either direction until {@link restore}; connections stay and new ones are taken. */
  freeze(): void {
    this.#thawed ??= new Promise((resolve) => {
      this.#thaw = resolve;
    });
  }

  /** Delays every piece by this long. */
  delay(ms: number): void {
    this.#delayMs = ms;
  }

  /** Each connection made from now on is ended once that many bytes went to its client: exactly so many, wherever that is. */
  cutEachAfter(bytes: () => number): void {
    this.#cutAfter = bytes;
  }

  /** As new. Connections that survived go on. */
  restore(): void {
    this.#refusing = false;
    this.#delayMs = 0;
    this.#cutAfter = null;
    for (const connection of this.#connections) connection.limit = null;
    this.#thaw();
    this.#thawed = null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.restore();
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.cut();
    await closed;
  }

  #connected(client: Socket): void {
    const target = this.#refusing ? null : this.#target();
    client.on('error', () => {});
    if (!target) {
      client.resetAndDestroy();
      return;
    }
    this.accepted++;
    const server = connect({ port: target.port, host: '127.0.0.1', noDelay: true });
    const connection: Connection = { client, server, down: 0, limit: this.#cutAfter?.() ?? null };
    this.#connections.add(connection);
    const end = () => {
      this.#connections.delete(connection);
      client.destroy();
      server.destroy();
    };
    server.on('error', () => client.resetAndDestroy());
    server.on('close', () => client.destroySoon());
    client.on('close', end);
    client.on('data', (chunk) => void this.#pass(client, server, chunk));
    server.on('data', (chunk) => {
      const { limit } = connection;
      if (limit === null || connection.down + chunk.length < limit) {
        connection.down += chunk.length;
        void this.#pass(server, client, chunk);
        return;
      }
      server.pause();
      // An orderly end flushes the last bytes; a reset would drop them.
      client.end(chunk.subarray(0, limit - connection.down), end);
    });
  }

  async #pass(from: Socket, to: Socket, chunk: Buffer): Promise<void> {
    from.pause();
    if (this.#thawed) await this.#thawed;
    if (this.#delayMs > 0) await new Promise((resolve) => setTimeout(resolve, this.#delayMs));
    if (to.destroyed) return;
    if (to.write(chunk)) from.resume();
    else to.once('drain', () => from.resume());
  }
}
