import { durableEventId, ephemeralEventId, type DurableEvent, type EphemeralEvent, type RoomEventType } from '@parley/contracts';

/** One event on its way to the readers of a room, encoded once however many receive it. `id` is what it is tracked under. */
export type OutEvent = DurableOut | EphemeralOut;

export interface DurableOut {
  id: string;
  event: DurableEvent;
  durable: true;
  lossy: false;
}

export interface EphemeralOut {
  id: string;
  event: EphemeralEvent;
  durable: false;
  /** May be left out for a reader that is behind: a snapshot, or the next of its kind, makes up for it. */
  lossy: boolean;
}

/** A `hello` or a `resync` is not durable, yet who misses it is lost. */
const lossyTypes: ReadonlySet<RoomEventType> = new Set<RoomEventType>(['delta', 'snapshot', 'presence', 'typing']);

export function durableOut(event: DurableEvent): DurableOut {
  return { id: durableEventId(event.rev), event, durable: true, lossy: false };
}

/** Numbers the ephemeral events of one process. The boot nonce keeps ids of different processes apart. */
export class EphemeralIds {
  readonly #boot: string;
  #next = 0;

  constructor(boot: string) {
    this.#boot = boot;
  }

  /** @param rev the last durable rev the readers have been sent */
  out(rev: number, event: EphemeralEvent): EphemeralOut {
    return { id: ephemeralEventId(rev, this.#boot, this.#next++), event, durable: false, lossy: lossyTypes.has(event.type) };
  }
}

const openingQuote = Buffer.from('{"id":');

/**
 * Events that leave together. For each request id that a reader subscribed under, the bytes of all frames are made once and
 * shared by every socket that uses that id; a page's first subscription nearly always has the same one.
 */
export class EventBatch {
  readonly events: readonly OutEvent[];
  readonly hasLossy: boolean;
  /** Some event in it must reach every reader. */
  readonly hasLasting: boolean;
  readonly #bodies: (Buffer | undefined)[];
  readonly #frames = new Map<string, Buffer>();

  constructor(events: readonly OutEvent[]) {
    this.events = events;
    this.#bodies = Array.from({ length: events.length });
    this.hasLossy = events.some((out) => out.lossy);
    this.hasLasting = events.some((out) => !out.lossy);
  }

  /**
   * WebSocket text frames (RFC 6455, section 5.2; unmasked, as a server sends them) of every event, in order, as tRPC's
   * client expects the data of a subscription.
   *
   * @param requestId the subscription's request id, as JSON
   * @param withoutLossy leaves deltas and the like out, for a reader that is behind
   */
  frames(requestId: string, withoutLossy = false): Buffer {
    // A request id is JSON, so no other begins like this.
    const key = withoutLossy ? `-lossy ${requestId}` : requestId;
    let bytes = this.#frames.get(key);
    if (!bytes) {
      bytes = this.#build(Buffer.from(requestId), withoutLossy);
      this.#frames.set(key, bytes);
    }
    return bytes;
  }

  #build(requestId: Buffer, withoutLossy: boolean): Buffer {
    const parts: Buffer[] = [];
    for (let i = 0; i < this.events.length; i++) {
      const out = this.events[i]!;
      if (withoutLossy && out.lossy) continue;
      const body = (this.#bodies[i] ??= encodeBody(out));
      parts.push(frameHeader(openingQuote.length + requestId.length + body.length), openingQuote, requestId, body);
    }
    return Buffer.concat(parts);
  }
}

/** All of the message after the request id. */
function encodeBody({ id, event }: OutEvent): Buffer {
  const quotedId = JSON.stringify(id);
  return Buffer.from(`,"result":{"type":"data","id":${quotedId},"data":{"id":${quotedId},"data":${JSON.stringify(event)}}}}`);
}

function frameHeader(length: number): Buffer {
  const finalText = 0x81;
  if (length < 126) return Buffer.from([finalText, length]);
  if (length < 65_536) return Buffer.from([finalText, 126, length >> 8, length & 0xff]);
  const header = Buffer.alloc(10);
  header[0] = finalText;
  header[1] = 127;
  header.writeBigUInt64BE(BigInt(length), 2);
  return header;
}
