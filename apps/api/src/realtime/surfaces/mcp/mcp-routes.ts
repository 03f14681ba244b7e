import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { AppError } from '@parley/contracts';
import type { FastifyPluginAsync } from 'fastify';
import { httpCaller } from '../../../auth/http-caller.js';
import { callOf } from '../../../call-of.js';
import { sendError } from '../../../http-errors.js';
import type { SurfaceDeps } from '../../surface.js';

const path = '/mcp';

/**
 * `POST /mcp`: the Model Context Protocol over streamable HTTP. No state is kept between requests, so any API serves any of them. There is
 * nothing to GET, because a server without state has nothing to say by itself, and no session to DELETE.
 */
export function mcpRoutes({ services, reportError }: SurfaceDeps): FastifyPluginAsync {
  return async (app) => {
    app.addContentTypeParser('*', (_request, _payload, done) =>
      done(new AppError('VALIDATION', 'Send JSON, with the header “content-type: application/json”.')),
    );

    app.post(path, async (request, reply) => {
      void reply.headers({ 'x-correlation-id': request.id, 'cache-control': 'no-store' });
      const caller = await httpCaller(services, request);
      const { actor, authError } = caller;
      if (!actor) {
        // A look-up that failed says nothing about the key, which whoever is told 401 throws away.
        if (authError && !AppError.is(authError)) throw authError;
        const error = authError ?? new AppError('UNAUTHENTICATED', 'Send a key: “Authorization: Bearer parley_…”.');
        services.refusals.noteError(error, { address: caller.address, operation: path, correlationId: request.id });
        return sendError(reply.header('www-authenticate', 'Bearer realm="parley"'), error);
      }
      const gone = new AbortController();
      reply.raw.once('close', () => gone.abort());
      // The protocol's library is not small, and most servers are never asked.
      const { answerMcp } = await import('./answer-mcp.js');
      const context = { ...caller, actor, services, call: callOf(request, caller.address), operation: null, socket: null, http: null };
      const response = await answerMcp(context, request.headers, request.body, gone.signal, (error) =>
        reportError(error, { path, correlationId: request.id }),
      );
      void reply.code(response.status);
      for (const [name, value] of response.headers) if (name !== 'connection') void reply.header(name, value);
      // nginx passes each event on at once.
      void reply.header('x-accel-buffering', 'no');
      return response.body ? reply.send(Readable.fromWeb(response.body as ReadableStream)) : reply.send();
    });

    app.route({
      method: ['GET', 'DELETE', 'PUT', 'PATCH'],
      url: path,
      handler: (_request, reply) => sendError(reply.header('allow', 'POST, OPTIONS'), new AppError('METHOD_NOT_ALLOWED')),
    });
  };
}
