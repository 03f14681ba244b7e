import { z } from 'zod';
import type { DurableEvent, Delta } from './room-event.js';
import type { InboxEvent } from './inbox-event.js';
import type { RoomView } from './views.js';

/**
 * Subjects on the bus, without the `parley.<env>.` that the bus puts before each. An id becomes part of a subject only
 * after it was checked: a `*`, `>` or `.` in it would subscribe to other people's rooms.
 */

const uuid = z.uuid();

function checked(id: string): string {
  if (!uuid.safeParse(id).success) throw new TypeError(`not a uuid, so not part of a subject: ${JSON.stringify(id)}`);
  return id.toLowerCase();
}

export const subjects = {
  /** {@link RoomEventsPayload}: durable events in the order their writer committed them. */
  roomEvents: (roomId: string) => `room.${checked(roomId)}.events`,
  /** {@link RoomDeltasPayload}. */
  roomDeltas: (roomId: string) => `room.${checked(roomId)}.deltas`,
  /** {@link RoomHeadPayload}: counters for the inbox of those who do not have the room open. */
  roomHead: (roomId: string) => `room.${checked(roomId)}.head`,
  /** {@link RoomSignalPayload}: typing and presence hints; never durable. */
  roomSignals: (roomId: string) => `room.${checked(roomId)}.signals`,
  /** {@link UserPayload}: inbox events and orders that concern one person. */
  user: (userId: string) => `user.${checked(userId)}`,
  /** Asked and answered by one process: whether the bus carries anything. */
  instancePing: (instance: string) => `instance.${checked(instance)}.ping`,
  /** {@link StopPayload}: the worker that holds the lease listens. */
  replyStop: (messageId: string) => `reply.${checked(messageId)}.stop`,
  /** Request without payload; the answer is a `Snapshot` (room-event.ts). */
  replySnapshot: (messageId: string, attempt: number) => `reply.${checked(messageId)}.${z.int().nonnegative().parse(attempt)}.snapshot`,
} as const;

/** Events larger than the broker takes travel as `{rev}` only and are read from the database. */
export type RoomEventsPayload = { events: (DurableEvent | { rev: number })[]; correlationId?: string };
export type RoomDeltasPayload = { deltas: Delta[]; correlationId?: string };
/**
 * `room` when more of it changed than its counters and members: inboxes show its name. `read` where someone read up to `seq` by
 * writing it: with the head, so that nobody's own words count as unread for a moment.
 */
export type RoomHeadPayload = { seq: number; rev: number; room?: RoomView; read?: { userId: string; seq: number } };
export type RoomSignalPayload = { type: 'typing'; userId: string; typing: boolean } | { type: 'presence' };
export type UserPayload =
  | { type: 'inbox'; event: InboxEvent }
  /** Sockets of this session (or all of the user's, when null) are to be closed. */
  | { type: 'sessionEnded'; sessionId: string | null }
  /** Membership of a room changed for this user. */
  | { type: 'membership'; roomId: string };
export type StopPayload = { attempt: number; stoppedBy: string };
