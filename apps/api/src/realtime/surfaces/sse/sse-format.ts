import type { EventFormat } from '../../room/event-batch.js';

/**
 * Events of a room as server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html), the same for every reader. None has
 * a name, so that `EventSource.onmessage` gets them all; the data's `type` says what each is.
 */
export const sseFormat: EventFormat = {
  encode: ({ id, event }) => eventBlock(event, id),
  frame: (body) => [body],
};

/** One event. JSON has no line break, so its data is one line. @param id what the reader resumes from, if it can */
export function eventBlock(data: object, id?: string): Buffer {
  return Buffer.from(`${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`);
}
