import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { AppError, closeCodes, type CloseCode } from '@parley/contracts';
import { WebSocketServer, type WebSocket } from 'ws';
import { isAllowedOrigin } from '../../auth/origins.js';
import { callOf } from '../../call-of.js';
import { endWithError } from '../../http-errors.js';
import { addressKey } from '../../limits/address-key.js';
import type { RefusedCall } from '../../operations/refusal-log.js';
import type { ApiServices } from '../../services.js';
import { SocketConnection } from './socket-connection.js';
import type { OpenedSocket, SocketProof, SocketSurface } from './socket-surface.js';

/** Holds a message of 32 kB whose every character JSON must escape to six bytes, and its envelope. */
const maxFrameBytes = 256 * 1024;
/** How long the closing handshakes may take when the process stops, in milliseconds: a peer that answers none is cut off after two seconds. */
const closingMs = 3_000;

export type SocketServices = Pick<ApiServices, 'env' | 'sessions' | 'calls' | 'live' | 'metrics' | 'refusals'>;

export interface SocketServer {
  /**
   * Stops accepting and asks every socket to move to another instance. A client loses nothing by that, because it opens the new socket
   * first. Sockets still open after `drainMs` are closed with the code that says reconnect.
   */
  close(drainMs: number): Promise<void>;
}

/**
 * Opens the WebSockets of an HTTP server. This does the handshake and checks origin and identity; the surface at the path does the rest.
 */
export function serveSockets(server: Server, services: SocketServices, surfaces: readonly SocketSurface[]): SocketServer {
  const { env } = services;
  const protocols = new Set(surfaces.flatMap(({ protocol }) => protocol ?? []));
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: maxFrameBytes,
    perMessageDeflate: false,
    clientTracking: true,
    // Never echoes what else a peer offers: that may be its token.
    handleProtocols: (offered) => [...offered].find((each) => protocols.has(each)) ?? false,
  });
  const byPath = new Map(surfaces.map((surface) => [surface.path, surface]));
  const opened = new WeakMap<WebSocket, { connection: SocketConnection; surface: SocketSurface }>();

  function onUpgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    const path = request.url?.split('?', 1)[0] ?? '';
    const surface = byPath.get(path) ?? surfaces.find(({ path: own, below }) => below && path.startsWith(`${own}/`));
    if (!surface)
      return refuse(stream, new AppError('NOT_FOUND', `No WebSockets are opened here. Open one at ${[...byPath.keys()].join(' or ')}.`));
    const host = (env.TRUST_PROXY && lastOf(request.headers['x-forwarded-host'])) || request.headers.host;
    if (!isAllowedOrigin(request.headers.origin, host, env)) {
      const refusal = new AppError('FORBIDDEN_ORIGIN');
      services.refusals.noteError(refusal, { address: addressKey(callerAddress(request)), operation: surface.path });
      return refuse(stream, refusal);
    }
    sockets.handleUpgrade(request, stream, head, (ws) => {
      const connection = new SocketConnection(randomUUID(), ws, stream, {
        lossyUnsentBytes: env.SOCKET_LOSSY_BYTES,
        maxUnsentBytes: env.SOCKET_MAX_BYTES,
        maxHeldBatches: 1_000,
        maxCallsPer10s: env.SOCKET_CALLS_PER_10_S,
        maxSubscriptions: env.SOCKET_MAX_SUBSCRIPTIONS,
      });
      const address = addressKey(callerAddress(request));
      const peer: RefusedCall = { address, operation: surface.path, correlationId: connection.id };
      connection.onClosing = (code) => {
        const name = abuses[code];
        if (name) services.refusals.note('socket closed', { ...peer, code: name });
      };
      opened.set(ws, { connection, surface });
      services.metrics.noteSocketOpened();
      ws.on('close', (code) => services.metrics.noteSocketClosed(code));
      surface.serve({
        connection,
        ws,
        request,
        call: callOf({ id: connection.id, headers: request.headers }, address),
        address,
        signIn: signIn(connection, ws, surface.signInHint, peer),
      });
    });
  }

  function signIn(connection: SocketConnection, ws: WebSocket, signInHint: string, peer: RefusedCall): OpenedSocket['signIn'] {
    const silence = setTimeout(() => connection.close(closeCodes.CONNECTION_PARAMS_TIMEOUT, signInHint), env.CONNECTION_PARAMS_TIMEOUT_MS);
    ws.on('close', () => clearTimeout(silence));
    const prove = (proof: NonNullable<SocketProof>) => (typeof proof === 'string' ? services.sessions.authenticate(proof) : proof());
    return async (proof) => {
      try {
        if (!proof) throw new AppError('UNAUTHENTICATED', signInHint);
        const actor = await services.calls.run(() => prove(proof));
        peer.userId = actor.userId;
        // The socket closed during the look-up. Its `close` event has passed, so it would count as live for ever.
        if (ws.readyState === ws.CLOSED) throw new AppError('UNAVAILABLE', 'The socket closed before it was signed in.');
        ws.once('close', services.live.add(connection, actor));
        return actor;
      } catch (error) {
        if (AppError.is(error)) services.refusals.noteError(error, peer);
        closeUnidentified(connection, error, proof !== undefined);
        throw error;
      } finally {
        clearTimeout(silence);
      }
    };
  }

  function callerAddress(request: IncomingMessage): string {
    return (env.TRUST_PROXY && lastOf(request.headers['x-forwarded-for'])) || (request.socket.remoteAddress ?? '');
  }

  server.on('upgrade', onUpgrade);
  return {
    async close(drainMs) {
      server.off('upgrade', onUpgrade);
      server.on('upgrade', (_request, stream) => refuse(stream, new AppError('UNAVAILABLE', 'This instance is stopping. Connect again.')));
      const gone = allGone(sockets);
      const open = () => [...sockets.clients].map((ws) => opened.get(ws)!);
      // Spread the notices over half the time, so that the other instances are not asked for everything at once.
      const notices = open().map(({ connection, surface: { moveNotice } }) =>
        setTimeout(() => moveNotice !== null && connection.send(moveNotice), (Math.random() * drainMs) / 2),
      );
      await Promise.race([gone, delay(drainMs, undefined, { ref: false })]);
      for (const notice of notices) clearTimeout(notice);
      for (const { connection } of open()) connection.close(closeCodes.SERVER_STOPPING, 'stopping: reconnect');
      await Promise.race([gone, delay(closingMs, undefined, { ref: false })]);
      sockets.close();
    },
  };
}

/** Why a socket was closed that the log names: its peer asked for more than a socket may, or does not speak its protocol. */
const abuses: Partial<Record<CloseCode, keyof typeof closeCodes>> = {
  [closeCodes.PROTOCOL_ABUSE]: 'PROTOCOL_ABUSE',
  [closeCodes.WRONG_FIRST_FRAME]: 'WRONG_FIRST_FRAME',
};

/** Closes a socket with a code that tells the peer what to do next: come back, refresh first, or stay away. */
function closeUnidentified(connection: SocketConnection, error: unknown, hadToken: boolean): void {
  if (!AppError.is(error)) return connection.close(closeCodes.SERVER_STOPPING, 'cannot sign in just now: reconnect');
  const { code } = error;
  if (code === 'RATE_LIMITED') return connection.close(closeCodes.TOO_MANY_SOCKETS, 'too many sockets of this account: close some');
  // A token that is not ours may have been ours before the secret was changed: then a refresh gives a good one.
  if (code === 'TOKEN_EXPIRED' || (code === 'UNAUTHENTICATED' && hadToken)) {
    connection.close(closeCodes.IDENTITY_EXPIRED, 'token expired: refresh and reconnect');
  } else if (code === 'UNAUTHENTICATED' || code === 'SESSION_REVOKED' || code === 'ACCOUNT_DISABLED') {
    connection.close(closeCodes.SESSION_ENDED, code === 'UNAUTHENTICATED' ? error.message : code);
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

function refuse(stream: Duplex, error: AppError): void {
  endWithError(stream, error);
}

/** The last value of a header, which the nearest proxy wrote. The caller may have written the values before it. */
function lastOf(value: string | string[] | undefined): string | undefined {
  return (Array.isArray(value) ? value.at(-1) : value)?.split(',').at(-1)?.trim();
}
