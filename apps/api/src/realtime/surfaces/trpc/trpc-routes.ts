import { maxCallsPerBatch } from '@parley/contracts';
import { fastifyTRPCPlugin, type CreateFastifyContextOptions, type FastifyTRPCPluginOptions } from '@trpc/server/adapters/fastify';
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { appRouter, type AppRouter } from '../../../app-router.js';
import { httpCaller } from '../../../auth/http-caller.js';
import { callOf } from '../../../call-of.js';
import { callOfError } from '../../../failed-call.js';
import type { Context } from '../../../context.js';
import { readBodyText } from '../../../read-body-text.js';
import type { ApiServices } from '../../../services.js';
import { retryAfterHeader, toAppError } from '../../../trpc-errors.js';
import type { SurfaceDeps } from '../../surface.js';

/** `/trpc` over HTTP: calls, one or many in a request, and subscriptions as server-sent events. */
export function trpcRoutes({ services, reportError }: SurfaceDeps): FastifyPluginAsync {
  return async (app) => {
    const plugin: FastifyTRPCPluginOptions<AppRouter> = {
      trpcOptions: {
        router: appRouter,
        maxBatchSize: maxCallsPerBatch,
        createContext: (context: CreateFastifyContextOptions) => createContext(services, context),
        onError: ({ error, path, ctx }) => reportError(error, { path, correlationId: callOfError(error, ctx)?.correlationId }),
        // tRPC's own Vary replaces the one that CORS sets, so add `origin` again.
        responseMeta: ({ errors, type }) => ({
          headers: {
            vary: 'origin',
            // Answers hold tokens, and what only the caller may see. A stream of events has a header of tRPC's own that says the same.
            ...(type !== 'subscription' && { 'cache-control': 'no-store' }),
            ...retryAfterHeader(errors.map(toAppError)),
          },
        }),
      },
    };
    const serve: FastifyPluginAsync = async (scope) => {
      fastifyTRPCPlugin(scope, plugin, () => {});
      // Its own reader of bodies takes bytes that are no text.
      scope.removeContentTypeParser('application/json');
      scope.addContentTypeParser('application/json', { parseAs: 'buffer' }, readBodyText);
    };
    await app.register(serve, { prefix: '/trpc' });
  };
}

async function createContext(services: ApiServices, { req, res }: CreateFastifyContextOptions): Promise<Context> {
  const request = req as FastifyRequest;
  res.header('x-correlation-id', request.id);
  // `httpCaller` does not throw a refusal: the procedure that needs the actor reports it.
  const caller = await httpCaller(services, request);
  return {
    ...caller,
    services,
    operation: null,
    call: callOf(request, caller.address),
    socket: null,
    http: { request, reply: res as FastifyReply },
  };
}
