import { Readable } from 'node:stream';
import { AppError, maxRoomFileBytes, type OperationName } from '@parley/contracts';
import { exportAccount, exportRoom, importRoom, type Actor } from '@parley/core';
import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { bearerToken } from '../auth/session-guard.js';
import { addressKey } from '../limits/address-key.js';
import { consumeLimits } from '../limits/consume-limits.js';
import type { ApiServices } from '../services.js';

const lines = 'application/x-ndjson';
const roomParams = z.object({ roomId: z.uuid() });

/**
 * Rooms and accounts as files, by plain HTTP, because they are streams: `GET /api/rooms/:roomId/export`, `GET /api/me/export`,
 * `POST /api/rooms/import`. The access token is the `Authorization` header's; a cookie opens nothing here.
 */
export function registerFiles(services: ApiServices): FastifyPluginAsync {
  return async (app: FastifyInstance) => {
    const { core, rooms } = services;

    /** Who calls, if they may do this once more. */
    const admit = async (request: FastifyRequest, operation: OperationName): Promise<Actor> => {
      const token = bearerToken(request.headers.authorization);
      if (!token) throw new AppError('UNAUTHENTICATED');
      const actor = await services.calls.run(() => services.sessions.authenticate(token));
      await consumeLimits(services, operation, { actor, address: addressKey(request.ip) });
      return actor;
    };

    const send = async (reply: FastifyReply, name: string, chunks: AsyncGenerator<string, void>): Promise<FastifyReply> => {
      // What is refused is refused before the first byte, with a status.
      const first = await chunks.next();
      const stream = Readable.from(joined(first.value ?? '', chunks), { objectMode: false, highWaterMark: 64 * 1024 });
      stream.on('error', (error) => services.log.error({ err: error, correlationId: reply.request.id }, 'an export broke off'));
      return reply
        .type(lines)
        .header('content-disposition', `attachment; filename="${name}"`)
        .header('cache-control', 'no-store')
        .send(stream);
    };

    app.get('/api/rooms/:roomId/export', async (request, reply) => {
      const actor = await admit(request, 'rooms.export');
      const params = roomParams.safeParse(request.params);
      if (!params.success) throw new AppError('ROOM_NOT_FOUND');
      const { roomId } = params.data;
      return send(reply, `room-${roomId}.jsonl`, exportRoom(core, actor, rooms, roomId));
    });

    app.get('/api/me/export', async (request, reply) => {
      const actor = await admit(request, 'users.exportAccount');
      return send(reply, 'account.jsonl', exportAccount(core, actor));
    });

    // Whatever it calls itself, the body is read as lines, and not before the caller is known.
    app.removeAllContentTypeParsers();
    app.addContentTypeParser('*', { bodyLimit: maxRoomFileBytes }, (_request, payload, done) => done(null, payload));
    app.post('/api/rooms/import', { bodyLimit: maxRoomFileBytes }, async (request, reply) => {
      const actor = await admit(request, 'rooms.import');
      return reply.code(201).send(await importRoom(core, actor, request.body instanceof Readable ? request.body : Readable.from([])));
    });
  };
}

async function* joined(first: string, rest: AsyncGenerator<string, void>): AsyncGenerator<string, void> {
  yield first;
  yield* rest;
}
