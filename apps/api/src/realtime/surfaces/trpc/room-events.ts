import { randomUUID } from 'node:crypto';
import type { RoomEvent } from '@parley/contracts';
import type { Actor } from '@parley/core/sessions/actor';
import { tracked, type TrackedEnvelope } from '@trpc/server';
import type { Context } from '../../../context.js';
import { QueueReader } from '../../room/queue-reader.js';
import { subscribeRoom } from '../../room/subscribe-room.js';
import { SocketReader } from '../../sockets/socket-reader.js';
import { trpcFormat } from './trpc-format.js';

/**
 * `rooms.events` for tRPC: each event is tracked under its id, from which tRPC's client resumes. Over a socket only `hello` comes this
 * way. The other events bypass tRPC's iterator and carry the request id that `hello` shows (see hello-encoder.ts).
 */
export async function* roomEvents(
  { services, actor, socket }: Context & { actor: Actor },
  input: { roomId: string; after?: number | undefined; lastEventId?: string | null | undefined },
  signal: AbortSignal | undefined,
): AsyncGenerator<TrackedEnvelope<RoomEvent>, void, undefined> {
  const connectionId = randomUUID();
  const overSocket = socket && new SocketReader(socket.connection, trpcFormat, actor, connectionId);
  const reader = overSocket ?? new QueueReader(actor, connectionId);
  for await (const { id, event } of subscribeRoom(services, actor, reader, input, signal)) {
    if (overSocket) socket.encoder.expect(event, overSocket);
    yield tracked(id, event);
  }
}
