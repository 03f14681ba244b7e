import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';

/** A call as tRPC's client sends it. */
export interface Call {
  id: number;
  method: 'query' | 'mutation' | 'subscription' | 'subscription.stop';
  params: { path: string; input: Record<string, unknown>; lastEventId?: string };
}

/** One socket, seen from the server. */
export interface Peer {
  socket: WebSocket;
  accessToken: string;
  calls: Call[];
  /** An answer to a query or mutation. */
  answer(call: Call, data: unknown): void;
  started(call: Call): void;
  /** A tracked event of a subscription. */
  event(call: Call, id: string, data: unknown): void;
  stopped(call: Call): void;
}

/**
 * Speaks tRPC's WebSocket protocol on a real socket and does what a test says. The API's own behaviour is tested with the API; this server
 * does what the API never does on purpose: it stays silent, or closes at the wrong moment.
 */
export class ScriptedServer implements AsyncDisposable {
  readonly url: string;
  readonly peers: Peer[] = [];
  /** Every socket ever opened, whether or not it said who it is. */
  opened = 0;
  onCall: (call: Call, peer: Peer) => void = () => {};
  onPeer: (peer: Peer) => void = () => {};
  /** Bytes of the longest frame that came. */
  longestFrame = 0;
  /** Whether a PING gets its PONG. */
  answersPings = true;
  readonly #server: WebSocketServer;

  private constructor(server: WebSocketServer) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on('connection', (socket) => this.#serve(socket));
  }

  static async start(): Promise<ScriptedServer> {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1', path: '/trpc' });
    await once(server, 'listening');
    return new ScriptedServer(server);
  }

  get openPeers(): Peer[] {
    return this.peers.filter(({ socket }) => socket.readyState === socket.OPEN);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#server.clients) socket.terminate();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(socket: WebSocket): void {
    this.opened++;
    let peer: Peer | null = null;
    const send = (id: number, result: object) => socket.send(JSON.stringify({ id, result }));
    socket.on('message', (raw: Buffer) => {
      this.longestFrame = Math.max(this.longestFrame, raw.length);
      const text = raw.toString();
      if (text === 'PING') {
        if (this.answersPings) socket.send('PONG');
        return;
      }
      const frame = JSON.parse(text) as Call | Call[] | { method: 'connectionParams'; data: { accessToken: string } };
      if (!Array.isArray(frame) && frame.method === 'connectionParams') {
        peer = {
          socket,
          accessToken: frame.data.accessToken,
          calls: [],
          answer: (call, data) => send(call.id, { type: 'data', data }),
          started: (call) => send(call.id, { type: 'started' }),
          event: (call, id, data) => send(call.id, { type: 'data', id, data: { id, data } }),
          stopped: (call) => send(call.id, { type: 'stopped' }),
        };
        this.peers.push(peer);
        this.onPeer(peer);
        return;
      }
      for (const call of [frame].flat() as Call[]) {
        peer!.calls.push(call);
        this.onCall(call, peer!);
      }
    });
  }
}
