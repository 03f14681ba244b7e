import { Readable } from 'node:stream';
import {
  accountFileLineSchema,
  AppError,
  holdFileLineSchema,
  holdsLiftInput,
  idSchema,
  maxRoomFileBytes,
  operations,
  roomsImportOutput,
  usersAccountInput,
  writtenRoomFileLineSchema,
  type OperationName,
  type ProcedureName,
} from '@parley/contracts';
import { exportAccount } from '@parley/core/export/export-account';
import { exportPerson } from '@parley/core/privacy/export-person';
import { exportHeld } from '@parley/core/privacy/export-held';
import { exportRoom } from '@parley/core/export/export-room';
import { importRoom } from '@parley/core/export/import-room';
import type { Actor } from '@parley/core/sessions/actor';
import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest, RouteHandlerMethod } from 'fastify';
import { z } from 'zod';
import { serveCall } from '../admit.js';
import { begun } from '../begun.js';
import { discardRest } from '../discard-rest.js';
import { httpCall } from '../auth/http-caller.js';
import { fileArrivalMs } from '../request-arrival.js';
import type { ApiServices } from '../services.js';

const lines = 'application/x-ndjson';
const roomParams = z.object({ roomId: idSchema });

type FileOperation = Exclude<OperationName, ProcedureName>;

/**
 * The operations that have a route: rooms and accounts as files, by plain HTTP because files are streams. The caller proves who they are by the
 * `Authorization` header; a cookie opens nothing here.
 */
export function registerFiles(services: ApiServices): FastifyPluginAsync {
  return async (app: FastifyInstance) => {
    const { core, rooms } = services;

    const run = <T>(request: FastifyRequest, name: FileOperation, work: (actor: Actor) => Promise<T>): Promise<T> =>
      serveCall(services, { name, type: 'file', ...httpCall(services, request) }, work);

    const route = (operation: FileOperation, handler: RouteHandlerMethod, answers?: z.ZodType): void => {
      const [method, url] = operations[operation].route.split(' ') as ['GET' | 'POST', string];
      app.route({ method, url, handler, config: { arrivalMs: fileArrivalMs(services.env.REQUEST_MS), ...(answers && { answers }) } });
    };

    const send = (reply: FastifyReply, name: string, schema: z.ZodType, chunks: AsyncGenerator<string, void>): FastifyReply => {
      const checked = services.answers?.lines(schema, chunks, `a line of ${name}`) ?? chunks;
      const stream = Readable.from(checked, { objectMode: false, highWaterMark: 64 * 1024 });
      stream.on('error', (error) => services.log.error({ err: error, correlationId: reply.request.id }, 'an export broke off'));
      return reply
        .type(lines)
        .header('content-disposition', `attachment; filename="${name}"`)
        .header('cache-control', 'no-store')
        .send(stream);
    };

    route('rooms.export', async (request, reply) => {
      const params = roomParams.safeParse(request.params);
      const chunks = await run(request, 'rooms.export', (actor) => {
        if (!params.success) throw new AppError('ROOM_NOT_FOUND');
        return begun(exportRoom({ ...core, rooms }, actor, params.data));
      });
      return send(reply, `room-${params.data?.roomId}.jsonl`, writtenRoomFileLineSchema, chunks);
    });

    route('users.exportAccount', async (request, reply) => {
      const chunks = await run(request, 'users.exportAccount', (actor) => begun(exportAccount(core, actor)));
      return send(reply, 'account.jsonl', accountFileLineSchema, chunks);
    });

    route('users.exportPerson', async (request, reply) => {
      const params = usersAccountInput.safeParse(request.params);
      const chunks = await run(request, 'users.exportPerson', (actor) => {
        if (!params.success) throw new AppError('USER_NOT_FOUND');
        return begun(exportPerson(core, actor, params.data));
      });
      return send(reply, `person-${params.data?.username}.jsonl`, accountFileLineSchema, chunks);
    });

    route('holds.export', async (request, reply) => {
      const params = holdsLiftInput.safeParse(request.params);
      const chunks = await run(request, 'holds.export', (actor) => {
        if (!params.success) throw new AppError('NOT_FOUND', 'There is no such hold.', { field: 'holdId' });
        return begun(exportHeld(core, actor, params.data.holdId));
      });
      return send(reply, `hold-${params.data?.holdId}.jsonl`, holdFileLineSchema, chunks);
    });

    // The body is lines whatever its content type says, and it is not read before the caller is known.
    app.removeAllContentTypeParsers();
    app.addContentTypeParser('*', (_request, _payload, done) => done(null));
    route(
      'rooms.import',
      async (request, reply) => {
        try {
          const imported = await run(request, 'rooms.import', async (actor) => {
            if (Number(request.headers['content-length']) > maxRoomFileBytes) throw new AppError('PAYLOAD_TOO_LARGE');
            return importRoom(core, actor, request.raw.iterator({ destroyOnReturn: false }));
          });
          return await reply.code(201).send(imported);
        } finally {
          discardRest(request.raw);
        }
      },
      roomsImportOutput,
    );
  };
}
