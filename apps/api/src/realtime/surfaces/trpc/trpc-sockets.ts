import { getWSConnectionHandler, type WSSHandlerOptions } from '@trpc/server/adapters/ws';
import { WebSocketServer } from 'ws';
import { appRouter, type AppRouter } from '../../../app-router.js';
import type { Context } from '../../../context.js';
import { callOfError } from '../../../failed-call.js';
import type { OpenedSocket, SocketSurface } from '../../sockets/socket-surface.js';
import type { SurfaceDeps } from '../../surface.js';
import { HelloEncoder } from './hello-encoder.js';
import { SocketCodec } from './socket-codec.js';

/** However few subscriptions a socket may have, one frame may hold this many calls. */
const minBatchSize = 50;

const signInHint = 'Open /trpc?connectionParams=1, then send first: {"method":"connectionParams","data":{"accessToken":"…"}}';

/** `/trpc` over WebSocket. tRPC itself keeps the socket alive and answers the calls. */
export function trpcSockets({ services, reportError }: SurfaceDeps): SocketSurface {
  const { env } = services;
  const encoder = new HelloEncoder();
  // Only tRPC's type asks for a server; the handler of one connection never uses it.
  const wss = new WebSocketServer({ noServer: true });

  async function createContext({ connection, call, address, signIn }: OpenedSocket, accessToken: string | undefined): Promise<Context> {
    // tRPC closes without a code. So `signIn` closes first if it refuses, and tRPC's answer is dropped.
    const actor = await signIn(accessToken);
    return {
      services,
      actor,
      authError: null,
      address,
      call,
      operation: null,
      socket: { connection, encoder },
      http: null,
    };
  }

  return {
    path: '/trpc',
    signInHint,
    moveNotice: '{"id":null,"method":"reconnect"}',
    serve(socket) {
      const options: WSSHandlerOptions<AppRouter> = {
        wss,
        router: appRouter,
        // After a reconnect tRPC's client puts all its subscriptions into one frame. If that were refused, the client would try the same
        // again.
        maxBatchSize: Math.max(minBatchSize, env.SOCKET_MAX_SUBSCRIPTIONS),
        keepAlive: { enabled: true, pingMs: env.SOCKET_PING_MS, pongWaitMs: env.SOCKET_PING_MS },
        createContext: ({ info }) => createContext(socket, info.connectionParams?.['accessToken']),
        onError: ({ error, path, ctx }) => {
          if (!isPeersDoing(error.cause)) reportError(error, { path, correlationId: callOfError(error, ctx)?.correlationId });
        },
        experimental_encoder: new SocketCodec(socket.connection, encoder, signInHint),
      };
      getWSConnectionHandler(options)(socket.ws, socket.request);
    },
  };
}

/** True for a malformed frame (`ws` names these errors WS_ERR_…) or a cut line: the peer's doing, and nothing for our log. */
function isPeersDoing(error: unknown): boolean {
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === 'string' && (code.startsWith('WS_ERR_') || code === 'ECONNRESET' || code === 'EPIPE');
}
