import { AppError } from '@parley/contracts';
import type { Actor } from '@parley/core/sessions/actor';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { serveCall, type Caller } from '../../../admit.js';
import { callOf } from '../../../call-of.js';
import { addressKey } from '../../../limits/address-key.js';
import { unavailableError } from '../../../trpc-errors.js';
import type { SurfaceDeps } from '../../surface.js';
import { EventStream, type EventStreamOptions } from './event-stream.js';

export interface StreamCall<T> extends Pick<EventStreamOptions, 'heartbeat' | 'problem'> {
  name: 'rooms.events' | 'inbox.events' | 'chat.events';
  caller(): Promise<Caller>;
  /** Begins the subscription; what it throws is the answer, with its own status. */
  begin(actor: Actor, to: EventStream): Promise<AsyncGenerator<T, void>>;
  write(item: T, to: EventStream): void;
}

/** Serves a stream of server-sent events until it ends. */
export async function serveStream<T>(
  { services, reportError }: SurfaceDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  { name, caller, begin, write, heartbeat, problem }: StreamCall<T>,
): Promise<void> {
  const { env } = services;
  const to = new EventStream(reply, {
    limits: { lossyUnsentBytes: env.SOCKET_LOSSY_BYTES, maxUnsentBytes: env.SOCKET_MAX_BYTES, maxHeldBatches: 1_000 },
    heartbeatMs: env.STREAM_HEARTBEAT_MS,
    ...(heartbeat && { heartbeat }),
    ...(problem && { problem }),
  });
  const call = callOf(request, addressKey(request.ip));
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

/** What an `EventSource` accepts, and nothing else. */
const eventStreamType = 'text/event-stream';

/** The error if it passes by itself: a part of the server is away, or too much was asked; else null. */
function passingError(error: unknown): AppError | null {
  if (AppError.is(error, 'UNAVAILABLE') || AppError.is(error, 'RATE_LIMITED')) return error;
  return AppError.is(error) ? null : unavailableError(error);
}

/** Where an `EventSource` that connects again goes on. */
export function lastEventId({ headers }: FastifyRequest): string | null {
  const id = headers['last-event-id'];
  return typeof id === 'string' && id !== '' ? id : null;
}
