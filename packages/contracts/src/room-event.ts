import type { MemberView, MessageView, RoomCharacterView, RoomView } from './views.js';

/** A piece of a reply's text. Offsets and lengths are UTF-16 code units of the reply so far. */
export interface Delta {
  messageId: string;
  attempt: number;
  offset: number;
  text: string;
}

/** The whole text of a reply so far. */
export interface Snapshot {
  messageId: string;
  attempt: number;
  text: string;
}

/** Events that change the room's rows: each has a `rev`, and the same rev is always the same payload. */
export type DurableEvent =
  | { type: 'message'; rev: number; message: MessageView }
  | { type: 'room'; rev: number; room: RoomView }
  | { type: 'member'; rev: number; member: MemberView; left: boolean }
  | { type: 'character'; rev: number; character: RoomCharacterView; left: boolean };

/** What `rooms.events` yields. Every one is tracked; see {@link durableEventId}. */
export type RoomEvent =
  | { type: 'hello'; rev: number; seq: number; replies: Snapshot[] }
  | DurableEvent
  | ({ type: 'delta' } & Delta)
  | ({ type: 'snapshot' } & Snapshot)
  | { type: 'presence'; online: string[]; onlineCount?: undefined }
  | { type: 'presence'; onlineCount: number; online?: undefined }
  | { type: 'typing'; userIds: string[] }
  | { type: 'resync'; rev: number };

export type RoomEventType = RoomEvent['type'];

/** Events that no row keeps: they are for whoever is there at the moment. */
export type EphemeralEvent = Exclude<RoomEvent, DurableEvent>;

/**
 * The id under which an event is tracked. A durable event's is exactly its rev, on every instance. Any other is
 * `<rev>:<boot>:<n>`, where rev is the last durable rev this reader was sent: resuming from any id loses nothing, and
 * a client that drops ids it has seen never drops text.
 */
export function durableEventId(rev: number): string {
  return String(rev);
}

/** @param boot a nonce of the process; @param n a counter within it. */
export function ephemeralEventId(rev: number, boot: string, n: number): string {
  return `${rev}:${boot}:${n}`;
}

/** The position an event id stands for, or null if it is not one of ours. */
export function revOfEventId(eventId: string): number | null {
  const match = /^(\d{1,15})(?::[\w-]{1,64}:\d{1,15})?$/.exec(eventId);
  return match ? Number(match[1]) : null;
}

export function isDurable(event: RoomEvent): event is DurableEvent {
  return event.type === 'message' || event.type === 'room' || event.type === 'member' || event.type === 'character';
}
