import { z } from 'zod';
/**
 * Subjects on the bus, without the `parley.<env>.` that the bus puts before each. An id becomes part of a subject only
 * after it was checked: a `*`, `>` or `.` in it would subscribe to other people's rooms.
 */
const uuid = z.uuid();
function checked(id) {
  if (!uuid.safeParse(id).success) throw new TypeError(`not a uuid, so not part of a subject: ${JSON.stringify(id)}`);
  return id.toLowerCase();
}
export const subjects = {
  /** {@link RoomEventsPayload}: durable events in the order their writer committed them. */
  roomEvents: (roomId) => `room.${checked(roomId)}.events`,
  /** {@link RoomDeltasPayload}. */
  roomDeltas: (roomId) => `room.${checked(roomId)}.deltas`,
  /** {@link RoomHeadPayload}: counters for the inbox of those who do not have the room open. */
  roomHead: (roomId) => `room.${checked(roomId)}.head`,
  /** {@link RoomSignalPayload}: typing and presence hints; never durable. */
  roomSignals: (roomId) => `room.${checked(roomId)}.signals`,
  /** {@link UserPayload}: inbox events and orders that concern one person. */
  user: (userId) => `user.${checked(userId)}`,
  /** {@link StopPayload}: the worker that holds the lease listens. */
  replyStop: (messageId) => `reply.${checked(messageId)}.stop`,
  /** Request without payload; the answer is a {@link Snapshot}. */
  replySnapshot: (messageId, attempt) => `reply.${checked(messageId)}.${z.int().nonnegative().parse(attempt)}.snapshot`,
};
//# sourceMappingURL=subjects.js.map
