import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { AppError, closeCodes } from '@parley/contracts';
import { getWSConnectionHandler, type CreateWSSContextFnOptions, type WSSHandlerOptions } from '@trpc/server/adapters/ws';
import { WebSocketServer, type WebSocket } from 'ws';
import { appRouter, type AppRouter } from '../../../app-router.js';
import { isAllowedOrigin } from '../../../auth/origins.js';
import type { Context } from '../../../context.js';
import { addressKey } from '../../../limits/address-key.js';
import type { ApiServices } from '../../../services.js';
import { SocketCodec } from './socket-codec.js';
import { SocketConnection } from '../../sockets/socket-connection.js';

/** A message of 32 kB whose every character JSON must escape to six bytes, and its envelope. */
const maxFrameBytes = 256 * 1024;
/** How long the closing handshakes may take when the process stops, in milliseconds: a peer that answers none is cut off after two seconds. */
const closingMs = 3_000;
/** Calls in one frame, at least. */
const minBatchSize = 50;

export interface SocketServer {
  /**
   * Stops accepting and asks every socket to move to another instance, which a client does without losing anything: it opens the
   * new one first. Who is still here after `drainMs` is closed with the code that says reconnect.
   */
  close(drainMs: number): Promise<void>;
}

/** Serves `/trpc` over WebSocket on an HTTP server: handshake, origin, identity, keep-alive; the calls are tRPC's own. */
export function serveSockets(server: Server, services: ApiServices, reportError: (error: unknown, context: object) => void): SocketServer {
  const { env } = services;
  const sockets = new WebSocketServer({ noServer: true, maxPayload: maxFrameBytes, perMessageDeflate: false, clientTracking: true });
  const connections = new WeakMap<WebSocket, SocketConnection>();

  const handlerOptions: Omit<WSSHandlerOptions<AppRouter>, 'experimental_encoder'> = {
    wss: sockets,
    router: appRouter,
    // tRPC's client puts all its subscriptions into one frame when it comes back, and would try the same again.
    maxBatchSize: Math.max(minBatchSize, env.SOCKET_MAX_SUBSCRIPTIONS),
    keepAlive: { enabled: true, pingMs: env.SOCKET_PING_MS, pongWaitMs: env.SOCKET_PING_MS },
    createContext: (options) => createSocketContext(options),
    onError: ({ error, path, ctx }) => {
      if (!isPeersDoing(error.cause)) reportError(error, { path, correlationId: ctx?.correlationId });
    },
  };

  async function createSocketContext({ req, res: ws, info }: CreateWSSContextFnOptions): Promise<Context> {
    const connection = connections.get(ws)!;
    try {
      const accessToken = info.connectionParams?.['accessToken'];
      if (!accessToken) throw new AppError('UNAUTHENTICATED', 'Send {accessToken} as connectionParams.');
      const actor = await services.calls.run(() => services.sessions.authenticate(accessToken));
      // Gone while it was looked up: its `close` has been, and it would count as live for ever.
      if (ws.readyState === ws.CLOSED) throw new AppError('UNAVAILABLE', 'The socket closed before it was signed in.');
      ws.once('close', services.live.add(connection, actor));
      return {
        services,
        actor,
        authError: null,
        address: addressKey(callerAddress(req)),
        correlationId: connection.id,
        socket: connection,
        http: null,
      };
    } catch (error) {
      // tRPC closes without a code, so we close first, and its answer is dropped.
      closeUnidentified(connection, error, info.connectionParams?.['accessToken'] !== undefined);
      throw error;
    } finally {
      silence.get(ws)?.();
      silence.delete(ws);
    }
  }

  function callerAddress(request: IncomingMessage): string {
    return (env.TRUST_PROXY && lastOf(request.headers['x-forwarded-for'])) || (request.socket.remoteAddress ?? '');
  }

  const silence = new WeakMap<WebSocket, () => void>();

  function onUpgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    if (!/^\/trpc(?:\?|$)/.test(request.url ?? '')) return refuse(stream, 404, 'Not Found');
    const host = (env.TRUST_PROXY && lastOf(request.headers['x-forwarded-host'])) || request.headers.host;
    if (!isAllowedOrigin(request.headers.origin, host, env)) return refuse(stream, 403, 'Forbidden');
    sockets.handleUpgrade(request, stream, head, (ws) => {
      const connection = new SocketConnection(randomUUID(), ws, stream, {
        lossyUnsentBytes: env.SOCKET_LOSSY_BYTES,
        maxUnsentBytes: env.SOCKET_MAX_BYTES,
        maxHeldBatches: 1_000,
        maxCallsPer10s: env.SOCKET_CALLS_PER_10_S,
        maxSubscriptions: env.SOCKET_MAX_SUBSCRIPTIONS,
      });
      connections.set(ws, connection);
      const timer = setTimeout(
        () => connection.close(closeCodes.CONNECTION_PARAMS_TIMEOUT, 'no connectionParams in time'),
        env.CONNECTION_PARAMS_TIMEOUT_MS,
      );
      silence.set(ws, () => clearTimeout(timer));
      ws.on('close', (code) => {
        clearTimeout(timer);
        services.metrics.noteSocketClosed(code);
      });
      getWSConnectionHandler({ ...handlerOptions, experimental_encoder: new SocketCodec(connection, services.encoder) })(ws, request);
    });
  }

  server.on('upgrade', onUpgrade);
  return {
    async close(drainMs) {
      server.off('upgrade', onUpgrade);
      server.on('upgrade', (_request, stream) => refuse(stream, 503, 'Service Unavailable'));
      const gone = allGone(sockets);
      const open = () => [...sockets.clients].map((ws) => connections.get(ws)!);
      // Spread over half the time, so that the other instances are not asked for everything at once.
      const notices = open().map((connection) => setTimeout(() => connection.askToMove(), (Math.random() * drainMs) / 2));
      await Promise.race([gone, delay(drainMs, undefined, { ref: false })]);
      for (const notice of notices) clearTimeout(notice);
      for (const connection of open()) connection.close(closeCodes.SERVER_STOPPING, 'stopping: reconnect');
      await Promise.race([gone, delay(closingMs, undefined, { ref: false })]);
      sockets.close();
    },
  };
}

/** A frame that is none (`ws` names these WS_ERR_…), or a cut line: nothing for our log. */
function isPeersDoing(error: unknown): boolean {
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === 'string' && (code.startsWith('WS_ERR_') || code === 'ECONNRESET' || code === 'EPIPE');
}

/** Says what to do next: come back, refresh first, or stay away. */
function closeUnidentified(connection: SocketConnection, error: unknown, hadToken: boolean): void {
  const code = AppError.is(error) ? error.code : null;
  // A token that is not ours may have been, before the secret was changed: then a refresh gives a good one.
  if (code === 'TOKEN_EXPIRED' || (code === 'UNAUTHENTICATED' && hadToken)) {
    connection.close(closeCodes.IDENTITY_EXPIRED, 'token expired: refresh and reconnect');
  } else if (code === 'UNAUTHENTICATED' || code === 'SESSION_REVOKED' || code === 'ACCOUNT_DISABLED') {
    connection.close(closeCodes.SESSION_ENDED, code);
  } else connection.close(closeCodes.SERVER_STOPPING, 'cannot sign in just now: reconnect');
}

/** Resolves when the last socket is closed. */
function allGone(sockets: WebSocketServer): Promise<void> {
  return new Promise((resolve) => {
    if (sockets.clients.size === 0) return resolve();
    for (const ws of sockets.clients) {
      ws.once('close', () => {
        if (sockets.clients.size === 0) resolve();
      });
    }
  });
}

function refuse(stream: Duplex, status: number, reason: string): void {
  // Whoever is refused may be gone before it is said; an error that nobody hears would end the process.
  stream.on('error', () => stream.destroy());
  stream.end(`HTTP/1.1 ${status} ${reason}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

/** What the nearest proxy said; what stands before it in the header is hearsay. */
function lastOf(value: string | string[] | undefined): string | undefined {
  return (Array.isArray(value) ? value.at(-1) : value)?.split(',').at(-1)?.trim();
}
