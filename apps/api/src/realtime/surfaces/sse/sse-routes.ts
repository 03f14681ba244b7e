import { randomUUID } from 'node:crypto';
import { AppError, idSchema } from '@parley/contracts';
import type { FastifyPluginAsync } from 'fastify';
import { z } from 'zod';
import { streamCaller } from '../../../auth/stream-caller.js';
import { begun } from '../../../begun.js';
import { subscribeInbox } from '../../../inbox/subscribe-inbox.js';
import { EventBatch } from '../../room/event-batch.js';
import { subscribeRoom } from '../../room/subscribe-room.js';
import { liveSubscription } from '../../sockets/live-subscription.js';
import { SocketReader } from '../../sockets/socket-reader.js';
import { inboxStream, roomStream } from '../../../streams/stream-names.js';
import type { SurfaceDeps } from '../../surface.js';
import { eventBlock, sseFormat } from './sse-format.js';
import { lastEventId, serveStream } from './serve-stream.js';

const roomParams = z.object({ roomId: idSchema });
const roomQuery = z.object({ after: z.coerce.number().int().nonnegative().max(2_147_483_647).optional() });

/** `GET /api/rooms/{roomId}/events` and `GET /api/inbox/events`. */
export function sseRoutes(deps: SurfaceDeps): FastifyPluginAsync {
  const { services } = deps;
  return async (app) => {
    // No HEAD: a stream has no end.
    const options = { exposeHeadRoute: false };
    app.get('/api/rooms/:roomId/events', options, async (request, reply) => {
      const params = roomParams.safeParse(request.params);
      const query = roomQuery.safeParse(request.query);
      const { roomId } = params.data ?? {};
      let reader: SocketReader | undefined;
      await serveStream(deps, request, reply, {
        name: 'rooms.events',
        caller: () => streamCaller(services, request, roomStream(roomId ?? '')),
        async begin(actor, to) {
          if (!roomId) throw new AppError('ROOM_NOT_FOUND');
          if (!query.success) throw new AppError('VALIDATION', 'after: must be the rev of an event.', { field: 'after' });
          const started = new SocketReader(to, sseFormat, actor, randomUUID());
          reader = started;
          const input = { roomId, after: query.data.after, lastEventId: lastEventId(request) };
          return begun(
            liveSubscription(services.live, { actor, connection: null }, to.gone, (signal) =>
              subscribeRoom(services, actor, started, input, signal),
            ),
          );
        },
        write(hello, to) {
          reader!.start('');
          to.writeFrames(new EventBatch([hello]).bytes(sseFormat, ''));
        },
      });
    });

    app.get('/api/inbox/events', options, (request, reply) =>
      serveStream(deps, request, reply, {
        name: 'inbox.events',
        caller: () => streamCaller(services, request, inboxStream),
        begin: async (actor, to) =>
          begun(liveSubscription(services.live, { actor, connection: null }, to.gone, (signal) => subscribeInbox(services, actor, signal))),
        write: (event, to) => to.writeFrames(eventBlock(event)),
      }),
    );
  };
}
