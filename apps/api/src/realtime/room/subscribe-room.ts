import { revOfEventId } from '@parley/contracts';
import type { RoomAccess } from '@parley/core/access/room-access';
import type { Actor } from '@parley/core/sessions/actor';
import type { OutEvent } from './out-event.js';
import type { PresenceFeed } from './presence-feed.js';
import type { SubscribedReader } from './reader.js';
import type { RoomHubs } from './room-hubs.js';

export interface SubscribeDeps {
  rooms: RoomAccess;
  hubs: RoomHubs;
  presenceFeed: PresenceFeed;
  calls: { run<T>(work: () => Promise<T>): Promise<T> };
}

/** The position of a reader whose last event id is none of ours. It is ahead of every head, so the reader is told to refetch. */
const unknownPosition = Number.MAX_SAFE_INTEGER;

/**
 * The events of a room for one reader, `hello` first, from where `lastEventId` or `after` says.
 * Ends when `signal` aborts; throws when the reader may not read, or may no longer.
 */
export async function* subscribeRoom(
  deps: SubscribeDeps,
  actor: Actor,
  reader: SubscribedReader,
  input: { roomId: string; after?: number | undefined; lastEventId?: string | null | undefined },
  signal: AbortSignal | undefined,
): AsyncGenerator<OutEvent, void, undefined> {
  const { hubs, presenceFeed } = deps;
  const { roomId } = input;
  const position = input.lastEventId ? (revOfEventId(input.lastEventId) ?? unknownPosition) : (input.after ?? null);
  await deps.calls.run(() => deps.rooms.run(actor, roomId, 'rooms.events', async () => {}));
  const hub = await hubs.acquire(roomId, actor);
  // Detach the reader at once, because a stopped subscription must hold nothing while its iterator is still ending.
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
    presenceFeed.entered(roomId, actor.userId, reader.connectionId);
    reader.onWritable = () => hub.recover(reader);
    yield hello;
    yield* reader.events();
  } finally {
    signal?.removeEventListener('abort', onAbort);
    hub.detach(reader);
    reader.end(null);
    if (attached) presenceFeed.left(roomId, actor.userId, reader.connectionId);
    hubs.release(hub);
  }
}
