import { randomUUID } from 'node:crypto';
import { AppError, idSchema } from '@parley/contracts';
import type { Actor } from '@parley/core/sessions/actor';
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { serveCall } from '../../../admit.js';
import { streamCaller } from '../../../auth/stream-caller.js';
import { begun } from '../../../begun.js';
import { callOf } from '../../../call-of.js';
import { subscribeInbox } from '../../../inbox/subscribe-inbox.js';
import { addressKey } from '../../../limits/address-key.js';
import { EventBatch } from '../../room/event-batch.js';
import { subscribeRoom } from '../../room/subscribe-room.js';
import { liveSubscription } from '../../sockets/live-subscription.js';
import { SocketReader } from '../../sockets/socket-reader.js';
import { inboxStream, roomStream } from '../../../streams/stream-names.js';
import { unavailableError } from '../../../trpc-errors.js';
import type { SurfaceDeps } from '../../surface.js';
import { EventStream } from './event-stream.js';
import { eventBlock, sseFormat } from './sse-format.js';

const roomParams = z.object({ roomId: idSchema });
const roomQuery = z.object({ after: z.coerce.number().int().nonnegative().max(2_147_483_647).optional() });

type StreamName = 'rooms.events' | 'inbox.events';

/** `GET /api/rooms/{roomId}/events` and `GET /api/inbox/events`. */
export function sseRoutes({ services, reportError }: SurfaceDeps): FastifyPluginAsync {
  const { env } = services;

  /** Serves a stream until it ends. @param begin begins the subscription; what it throws is the answer, with its own status */
  async function serve<T>(
    request: FastifyRequest,
    reply: FastifyReply,
    name: StreamName,
    stream: string,
    begin: (actor: Actor, to: EventStream) => Promise<AsyncGenerator<T, void>>,
    write: (item: T, to: EventStream) => void,
  ): Promise<void> {
    const to = new EventStream(reply, {
      limits: { lossyUnsentBytes: env.SOCKET_LOSSY_BYTES, maxUnsentBytes: env.SOCKET_MAX_BYTES, maxHeldBatches: 1_000 },
      heartbeatMs: env.STREAM_HEARTBEAT_MS,
    });
    const call = callOf(request, addressKey(request.ip));
    const caller = () => streamCaller(services, request, stream);
    void reply.header('x-correlation-id', request.id);
    let items: AsyncGenerator<T, void>;
    try {
      items = await serveCall(services, { name, type: 'subscription', call, caller }, (actor) => begin(actor, to));
    } catch (error) {
      const passing = passingError(error);
      if (!passing || request.headers.accept !== eventStreamType) throw error;
      // An `EventSource` that is answered with a status is done for good; told so in a stream, it comes back.
      to.begin(passing.details.retryAfterMs ?? (passing.code === 'RATE_LIMITED' ? 10_000 : undefined));
      return to.end(passing);
    }
    to.begin();
    try {
      for await (const item of items) {
        write(item, to);
        await to.room();
      }
      to.end();
    } catch (error) {
      if (!AppError.is(error)) reportError(error, { operation: name, correlationId: call.correlationId });
      to.end(passingError(error) ?? error);
    }
  }

  return async (app) => {
    // No HEAD: a stream has no end.
    const options = { exposeHeadRoute: false };
    app.get('/api/rooms/:roomId/events', options, async (request, reply) => {
      const params = roomParams.safeParse(request.params);
      const query = roomQuery.safeParse(request.query);
      const { roomId } = params.data ?? {};
      let reader: SocketReader | undefined;
      await serve(
        request,
        reply,
        'rooms.events',
        roomStream(roomId ?? ''),
        async (actor, to) => {
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
        (hello, to) => {
          reader!.start('');
          to.writeFrames(new EventBatch([hello]).bytes(sseFormat, ''));
        },
      );
    });

    app.get('/api/inbox/events', options, (request, reply) =>
      serve(
        request,
        reply,
        'inbox.events',
        inboxStream,
        async (actor, to) =>
          begun(liveSubscription(services.live, { actor, connection: null }, to.gone, (signal) => subscribeInbox(services, actor, signal))),
        (event, to) => to.writeFrames(eventBlock(event)),
      ),
    );
  };
}

/** What an `EventSource` accepts, and nothing else. */
const eventStreamType = 'text/event-stream';

/** The error if it passes by itself: a part of the server is away, or too much was asked; else null. */
function passingError(error: unknown): AppError | null {
  if (AppError.is(error, 'UNAVAILABLE') || AppError.is(error, 'RATE_LIMITED')) return error;
  return AppError.is(error) ? null : unavailableError(error);
}

/** Where an `EventSource` that connects again goes on. */
function lastEventId({ headers }: FastifyRequest): string | null {
  const id = headers['last-event-id'];
  return typeof id === 'string' && id !== '' ? id : null;
}
