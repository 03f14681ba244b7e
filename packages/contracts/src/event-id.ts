import type { DurableEvent, RoomEvent } from './room-event.js';

/**
 * The id of an event in the stream. A durable event's id is exactly its rev, on every instance. An ephemeral event's id is
 * `<rev>:<boot>:<n>`, where `rev` is the last durable rev that was sent to this reader. So resuming from any id loses nothing, and a
 * client that drops ids it has seen never drops text.
 */
export function durableEventId(rev: number): string {
  return String(rev);
}

/** @param boot a nonce of the process; @param n a counter within it. */
export function ephemeralEventId(rev: number, boot: string, n: number): string {
  return `${rev}:${boot}:${n}`;
}

/** The rev that an event id stands for; null if the id has neither form. */
export function revOfEventId(eventId: string): number | null {
  const match = /^(\d{1,15})(?::[\w-]{1,64}:\d{1,15})?$/.exec(eventId);
  return match ? Number(match[1]) : null;
}

/** True for an event that changes the room's rows: its id is its rev. */
export function isDurable(event: RoomEvent): event is DurableEvent {
  return event.type === 'message' || event.type === 'room' || event.type === 'member' || event.type === 'character';
}
