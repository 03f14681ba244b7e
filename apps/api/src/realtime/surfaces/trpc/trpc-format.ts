import type { EventFormat } from '../../room/event-batch.js';
import { textFrame } from '../../sockets/text-frame.js';

const opening = Buffer.from('{"id":');

/**
 * WebSocket frames as tRPC's client expects the data of a subscription. The reader's key is the id of its request, as JSON. The first
 * subscription of nearly every page has the same id.
 */
export const trpcFormat: EventFormat = {
  /** All of the message after the request id. */
  encode({ id, event }) {
    const quotedId = JSON.stringify(id);
    return Buffer.from(`,"result":{"type":"data","id":${quotedId},"data":{"id":${quotedId},"data":${JSON.stringify(event)}}}}`);
  },
  frame: (body, requestId) => textFrame(opening, Buffer.from(requestId), body),
};
