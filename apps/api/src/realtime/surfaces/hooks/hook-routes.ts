import { randomUUID } from 'node:crypto';
import { AppError, maxHookBytes } from '@parley/contracts';
import { loadHookActor } from '@parley/core/hooks/load-hook-actor';
import { TRPCError } from '@trpc/server';
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { callProcedures } from '../../../call-procedures.js';
import { callOf } from '../../../call-of.js';
import { sendError } from '../../../http-errors.js';
import { addressKey } from '../../../limits/address-key.js';
import { readBodyText } from '../../../read-body-text.js';
import { idempotencyKey, idOf } from '../../../rest/idempotency.js';
import { RateLimitHeaders } from '../../../rest/rate-limit-headers.js';
import { toAppError, unavailableError } from '../../../trpc-errors.js';
import type { SurfaceDeps } from '../../surface.js';
import { readHookBody } from './read-hook-body.js';

const path = '/api/hooks/:secret';
const options = { bodyLimit: maxHookBytes, config: { answers: z.object({ messageId: z.uuid().nullable() }) } };

/**
 * `POST /api/hooks/{secret}`: writes into the room of a hook, as its bot. Whoever knows the address may; it is as good as a password, so
 * nothing here may log it, and nothing that is thrown may reach a handler that does.
 */
export function hookRoutes({ services, reportError }: SurfaceDeps): FastifyPluginAsync {
  return async (app) => {
    // Whatever its type says, a body is read by what it holds.
    app.addContentTypeParser('*', { parseAs: 'buffer' }, readBodyText);
    app.post<{ Params: { secret: string } }>(path, options, async (request, reply) => {
      const limits = new RateLimitHeaders();
      void reply.headers({ 'x-correlation-id': request.id, 'cache-control': 'no-store' });
      try {
        const { messageId, asSlack } = await receive(request, limits);
        void reply.headers(limits.headers);
        if (asSlack) return await reply.type('text/plain; charset=utf-8').send('ok');
        return await reply.code(201).send({ messageId });
      } catch (thrown) {
        void reply.headers(limits.headers);
        return refuse(request, reply, thrown);
      }
    });
    // Whoever was given the address may open it in a browser. This says no more of it than of one that was made up.
    app.route({
      method: ['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE'],
      url: path,
      handler: (_request, reply) => sendError(reply.header('allow', 'POST, OPTIONS'), new AppError('METHOD_NOT_ALLOWED')),
    });
  };

  async function receive(
    request: FastifyRequest<{ Params: { secret: string } }>,
    limits: RateLimitHeaders,
  ): Promise<{ messageId: string | null; asSlack: boolean }> {
    const address = addressKey(request.ip);
    const { hookId, roomId, actor } = await services.calls.run(() => loadHookActor(services.core, request.params.secret), { address });
    const key = idempotencyKey(request.headers['idempotency-key']);
    const { content, plain, asSlack } = readHookBody(request.body, actor.username);
    const call = callOf(request, address);
    const caller = callProcedures({
      actor,
      authError: null,
      address,
      services,
      operation: null,
      call,
      noteLimit: limits.note,
      socket: null,
      http: null,
    });
    const clientId = key === null ? randomUUID() : idOf(hookId, key);
    const { message } = await caller.messages.send({ roomId, clientId, content, plain });
    return { messageId: message?.id ?? null, asSlack };
  }

  function refuse(request: FastifyRequest, reply: FastifyReply, thrown: unknown): FastifyReply {
    const error = thrown instanceof TRPCError ? toAppError(thrown) : thrown;
    const told = AppError.is(error) ? error : unavailableError(error);
    if (told) {
      if (told.code === 'CLIENT_ID_REUSED') return sendError(reply, new AppError('IDEMPOTENCY_KEY_REUSED'));
      const source = { address: addressKey(request.ip), operation: 'hooks.receive', correlationId: request.id };
      if (!(thrown instanceof TRPCError)) services.refusals.noteError(told, source);
      return sendError(reply, told);
    }
    reportError(thrown, { operation: 'hooks.receive', correlationId: request.id });
    return sendError(reply, new AppError('INTERNAL'));
  }
}
