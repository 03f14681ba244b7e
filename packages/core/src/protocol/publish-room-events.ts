import { channels, type DurableEvent, type RoomEventsPayload, type RoomHeadPayload } from '@parley/contracts';
import type { CoreDeps } from '../deps.js';

/** Bytes left for the envelope around the events: braces and names. */
const envelopeBytes = 512;

/**
 * Tells the room's readers what was committed, then tells everyone who counts unread messages where the room's head is. Never throws and
 * is not awaited: readers find in the database what does not arrive.
 *
 * An event too large for the bus travels as `{rev}`. Events too large together travel in several messages, in order.
 *
 * @param events of one statement, ascending by rev
 */
export function publishRoomEvents(
  deps: Pick<CoreDeps, 'bus' | 'log'>,
  roomId: string,
  events: readonly DurableEvent[],
  head: RoomHeadPayload,
): void {
  try {
    for (const batch of batches(events, deps.bus.maxPayloadBytes - envelopeBytes)) {
      deps.bus.publish(channels.roomEvents(roomId), { events: batch });
    }
    deps.bus.publish(channels.roomHead(roomId), head);
  } catch (error) {
    deps.log.error({ err: error, roomId, head }, 'could not publish the events of a room');
  }
}

function* batches(events: readonly DurableEvent[], maxBytes: number): Generator<RoomEventsPayload['events']> {
  let batch: RoomEventsPayload['events'] = [];
  let batchBytes = 0;
  for (const event of events) {
    const wholeBytes = Buffer.byteLength(JSON.stringify(event)) + 1;
    const [entry, bytes] = wholeBytes <= maxBytes ? [event, wholeBytes] : [{ rev: event.rev }, 32];
    if (batch.length > 0 && batchBytes + bytes > maxBytes) {
      yield batch;
      batch = [];
      batchBytes = 0;
    }
    batch.push(entry);
    batchBytes += bytes;
  }
  if (batch.length > 0) yield batch;
}
