import { revOfEventId, type RoomEvent } from '@parley/contracts';
import type { Actor } from '@parley/core';
import { tracked, type TrackedEnvelope } from '@trpc/server';
import { QueueReader } from './queue-reader.js';
import type { RoomHubs } from './room-hubs.js';
import type { SocketConnection } from '../sockets/socket-connection.js';
import type { HelloEncoder } from '../surfaces/trpc/socket-encoder.js';
import { SocketReader } from '../surfaces/trpc/socket-reader.js';

export interface Subscriber {
  actor: Actor;
  /** Unique among this process's subscriptions. */
  connectionId: string;
  /** The socket and its encoder, where there is one: then everything after `hello` goes past tRPC. */
  socket: { connection: SocketConnection; encoder: HelloEncoder } | null;
  /** Told when the reader is attached and when it is gone. */
  onAttached?(roomId: string): void;
  onDetached?(roomId: string): void;
}

/** The most events that wait for a reader over an iterator. */
const maxQueuedEvents = 5_000;

/** Of a reader whose last event id is none of ours: ahead of every head, so that it is told to refetch. */
const unknownPosition = Number.MAX_SAFE_INTEGER;

/**
 * The events of a room for one reader, `hello` first, from where `lastEventId` or `after` says.
 * Ends when `signal` aborts; throws when the reader may no longer read.
 */
export async function* subscribeRoom(
  hubs: RoomHubs,
  subscriber: Subscriber,
  input: { roomId: string; after?: number | undefined; lastEventId?: string | null | undefined },
  signal: AbortSignal | undefined,
): AsyncGenerator<TrackedEnvelope<RoomEvent>, void, undefined> {
  const { actor, socket, connectionId } = subscriber;
  const { roomId } = input;
  const position = input.lastEventId ? (revOfEventId(input.lastEventId) ?? unknownPosition) : (input.after ?? null);
  const reader = socket ? new SocketReader(socket.connection, actor, connectionId) : new QueueReader(actor, connectionId, maxQueuedEvents);
  const hub = await hubs.acquire(roomId, actor);
  // Synchronously, so that a subscription which was stopped holds nothing while its iterator winds up.
  const onAbort = () => {
    hub.detach(reader);
    reader.end(null);
  };
  signal?.addEventListener('abort', onAbort, { once: true });
  let attached = false;
  try {
    if (signal?.aborted) return;
    const hello = await hub.admit(reader, position);
    if (signal?.aborted) return;
    attached = true;
    subscriber.onAttached?.(roomId);
    if (reader instanceof SocketReader) {
      reader.onWritable = () => hub.recover(reader);
      socket?.encoder.expect(hello.event, reader);
      yield tracked(hello.id, hello.event);
      await reader.ended;
    } else {
      yield tracked(hello.id, hello.event);
      for await (const { id, event } of reader.events()) yield tracked(id, event);
    }
  } finally {
    signal?.removeEventListener('abort', onAbort);
    hub.detach(reader);
    reader.end(null);
    if (attached) subscriber.onDetached?.(roomId);
    hubs.release(hub);
  }
}
