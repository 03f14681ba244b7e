import { getWSConnectionHandler, type WSSHandlerOptions } from '@trpc/server/adapters/ws';
import { WebSocketServer } from 'ws';
import { appRouter, type AppRouter } from '../../../app-router.js';
import type { Context } from '../../../context.js';
import type { OpenedSocket, SocketSurface } from '../../sockets/socket-surface.js';
import type { SurfaceDeps } from '../surface.js';
import { HelloEncoder } from './hello-encoder.js';
import { SocketCodec } from './socket-codec.js';

/** Calls in one frame, at least. */
const minBatchSize = 50;

/** `/trpc` over WebSocket: keep-alive and the calls are tRPC's own. */
export function trpcSockets({ services, reportError }: SurfaceDeps): SocketSurface {
  const { env } = services;
  const encoder = new HelloEncoder();
  // tRPC's type asks for it; a handler of one connection never looks at it.
  const wss = new WebSocketServer({ noServer: true });

  async function createContext({ connection, address, signIn }: OpenedSocket, accessToken: string | undefined): Promise<Context> {
    // tRPC closes without a code, so `signIn` closes first where it refuses, and tRPC's answer is dropped.
    const actor = await signIn(accessToken);
    return {
      services,
      actor,
      authError: null,
      address,
      call: { correlationId: connection.id, traceparent: null },
      socket: { connection, encoder },
      http: null,
    };
  }

  return {
    path: '/trpc',
    moveNotice: '{"id":null,"method":"reconnect"}',
    serve(socket) {
      const options: WSSHandlerOptions<AppRouter> = {
        wss,
        router: appRouter,
        // tRPC's client puts all its subscriptions into one frame when it comes back, and would try the same again.
        maxBatchSize: Math.max(minBatchSize, env.SOCKET_MAX_SUBSCRIPTIONS),
        keepAlive: { enabled: true, pingMs: env.SOCKET_PING_MS, pongWaitMs: env.SOCKET_PING_MS },
        createContext: ({ info }) => createContext(socket, info.connectionParams?.['accessToken']),
        onError: ({ error, path, ctx }) => {
          if (!isPeersDoing(error.cause)) reportError(error, { path, correlationId: ctx?.call.correlationId });
        },
        experimental_encoder: new SocketCodec(socket.connection, encoder),
      };
      getWSConnectionHandler(options)(socket.ws, socket.request);
    },
  };
}

/** A frame that is none (`ws` names these WS_ERR_…), or a cut line: nothing for our log. */
function isPeersDoing(error: unknown): boolean {
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === 'string' && (code.startsWith('WS_ERR_') || code === 'ECONNRESET' || code === 'EPIPE');
}
