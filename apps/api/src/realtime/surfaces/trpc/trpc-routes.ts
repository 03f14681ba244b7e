import { maxCallsPerBatch } from '@parley/contracts';
import { fastifyTRPCPlugin, type CreateFastifyContextOptions, type FastifyTRPCPluginOptions } from '@trpc/server/adapters/fastify';
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { appRouter, type AppRouter } from '../../../app-router.js';
import { bearerToken } from '../../../auth/session-guard.js';
import type { Context } from '../../../context.js';
import { addressKey } from '../../../limits/address-key.js';
import type { ApiServices } from '../../../services.js';
import { retryAfterHeader, toAppError } from '../../../trpc-errors.js';
import type { SurfaceDeps } from '../surface.js';

/** `/trpc` over HTTP: calls, one or many in a request, and subscriptions as server-sent events. */
export function trpcRoutes({ services, reportError }: SurfaceDeps): FastifyPluginAsync {
  return async (app) => {
    await app.register(fastifyTRPCPlugin, {
      prefix: '/trpc',
      trpcOptions: {
        router: appRouter,
        maxBatchSize: maxCallsPerBatch,
        createContext: (context: CreateFastifyContextOptions) => createContext(services, context),
        onError: ({ error, path, ctx }) => reportError(error, { path, correlationId: ctx?.correlationId }),
        // Beside tRPC's own Vary, which replaces the one that CORS sets.
        responseMeta: ({ errors }) => ({ headers: { vary: 'origin', ...retryAfterHeader(errors.map(toAppError)) } }),
      },
    } satisfies FastifyTRPCPluginOptions<AppRouter>);
  };
}

async function createContext(services: ApiServices, { req, res }: CreateFastifyContextOptions): Promise<Context> {
  const context: Context = {
    services,
    actor: null,
    authError: null,
    address: addressKey(req.ip),
    correlationId: req.id,
    socket: null,
    http: { request: req as FastifyRequest, reply: res as FastifyReply },
  };
  res.header('x-correlation-id', req.id);
  try {
    const token = bearerToken(req.headers.authorization);
    if (token) context.actor = await services.calls.run(() => services.sessions.authenticate(token));
  } catch (error) {
    // Not thrown here: signing in must work with an old token in hand. Whoever needs the actor reports it.
    context.authError = error as Error;
  }
  return context;
}
