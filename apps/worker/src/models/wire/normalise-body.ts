import { EventReader, type WireEvent } from './event-reader.js';
import type { Ending, WireAnswer, WireProtocol } from './wire-protocol.js';

/**
 * How long the figures may follow the reason to finish, in milliseconds. They are sent together; a connection that is silent for so long
 * after an answer has ended was only left open.
 */
const finishGraceMs = 1_000;
/**
 * The same, in milliseconds, where the reason to finish came with a part of the answer. It may be the last part; or the server gives a
 * reason with every part, and the model thinks.
 */
const partGraceMs = 15_000;
/** How long the end of the connection may follow the end of the answer, in milliseconds. If it does, the connection serves other calls. */
const endGraceMs = 100;

/**
 * Reads the body of a provider's answer, and gives it as the stream that the provider's SDK expects. The stream ends with the answer,
 * also if the connection stays open or breaks after that. Cancelling it cancels the body.
 */
export function normaliseBody(body: ReadableStream<Uint8Array>, protocol: WireProtocol): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  const events = new EventReader();
  const answer = protocol.begin();
  const encoder = new TextEncoder();
  /** Until when the connection may say more, once the answer has ended. What says nothing does not move it. */
  let until: number | null = null;
  let ending: Ending = 'open';
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        for (;;) {
          const bytes = until === null ? await next(reader) : await nextWithin(reader, until - performance.now());
          const { sent, over } = normalise(bytes === null ? events.end() : events.push(bytes), answer);
          const ended = over || bytes === null;
          if (ended && (over || answer.ending !== 'open')) sent.push(...answer.close().map(eventOf));
          for (const event of sent) controller.enqueue(encoder.encode(event));
          if (ended) {
            if (over) await nextWithin(reader, endGraceMs);
            controller.close();
            reader.cancel().catch(() => undefined);
            return;
          }
          if (answer.ending !== ending || (answer.ending === 'maybe' && sent.length > 0)) {
            ending = answer.ending;
            until = ending === 'open' ? null : performance.now() + (ending === 'sure' ? finishGraceMs : partGraceMs);
          }
          if (sent.length > 0) return;
        }
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}

/** The next bytes; null at the end. */
async function next(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<Uint8Array | null> {
  const { done, value } = await reader.read();
  return done ? null : value;
}

/** {@link next} of an answer that has ended: a broken or a silent connection is the end too. */
async function nextWithin(reader: ReadableStreamDefaultReader<Uint8Array>, limitMs: number): Promise<Uint8Array | null> {
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), limitMs);
  });
  try {
    return await Promise.race([next(reader).catch(() => null), silence]);
  } finally {
    clearTimeout(timer);
  }
}

/** What the events stand for, as server-sent events; `over` once the answer ended. */
function normalise(events: readonly WireEvent[], answer: WireAnswer): { sent: string[]; over: boolean } {
  const sent: string[] = [];
  for (const event of events) {
    switch (event.kind) {
      case 'json':
        sent.push(...answer.take(event.value).map(eventOf));
        if (answer.complete) return { sent, over: true };
        break;
      case 'whole':
        sent.push(...answer.takeWhole(event.value).map(eventOf));
        return { sent, over: true };
      case 'done':
        return { sent, over: true };
      case 'malformed':
        // The SDK says that it makes no sense. After the answer's end it does not matter.
        if (answer.ending === 'open') sent.push(`data: ${event.data.replaceAll('\n', ' ')}\n\n`);
        break;
    }
  }
  return { sent, over: false };
}

function eventOf(value: object): string {
  return `data: ${JSON.stringify(value)}\n\n`;
}
