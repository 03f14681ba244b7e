import { z } from 'zod';
import { inboxEventSchema } from './inbox-event.js';
import { deltaSchema, durableEventSchema, snapshotSchema } from './room-event.js';
import { roomViewSchema } from './views.js';

/**
 * The channels of the bus. Each entry holds all there is to know of one: its subject, without the `parley.<env>.` that the bus puts
 * before it, what travels on it, and whether it is told to everyone or asked and answered.
 *
 * An id becomes part of a subject only after it was checked: a `*`, `>` or `.` in it would subscribe to other people's rooms.
 */

/** What is told to everyone who listens. */
export interface FanOutChannel<Payload> {
  readonly direction: 'fanOut';
  readonly subject: string;
  readonly payload: z.ZodType<Payload>;
}

/** What is asked of whoever answers. */
export interface RequestChannel<Question, Answer> {
  readonly direction: 'request';
  readonly subject: string;
  readonly payload: z.ZodType<Question>;
  readonly answer: z.ZodType<Answer>;
}

export function fanOut<Payload>(subject: string, payload: z.ZodType<Payload>): FanOutChannel<Payload> {
  return { direction: 'fanOut', subject, payload };
}

export function request<Question, Answer>(
  subject: string,
  payload: z.ZodType<Question>,
  answer: z.ZodType<Answer>,
): RequestChannel<Question, Answer> {
  return { direction: 'request', subject, payload, answer };
}

const id = z.uuid();
const rev = z.int().nonnegative();
const attempt = z.int().nonnegative();

/** Events larger than the broker takes travel as `{rev}` only and are read from the database. */
const roomEvents = z.object({ events: z.array(z.union([durableEventSchema, z.object({ rev })])) });
export type RoomEventsPayload = z.infer<typeof roomEvents>;

const roomDeltas = z.object({ deltas: z.array(deltaSchema) });
export type RoomDeltasPayload = z.infer<typeof roomDeltas>;

/**
 * `room` when more of it changed than its counters and members: inboxes show its name. `read` where someone read up to `seq` by
 * writing it: with the head, so that nobody's own words count as unread for a moment.
 */
const roomHead = z.object({
  seq: z.int().nonnegative(),
  rev,
  room: roomViewSchema.exactOptional(),
  read: z.object({ userId: id, seq: z.int().nonnegative() }).exactOptional(),
});
export type RoomHeadPayload = z.infer<typeof roomHead>;

const roomSignal = z.discriminatedUnion('type', [
  z.object({ type: z.literal('typing'), userId: id, typing: z.boolean() }),
  z.object({ type: z.literal('presence') }),
]);
export type RoomSignalPayload = z.infer<typeof roomSignal>;

const userNotice = z.discriminatedUnion('type', [
  z.object({ type: z.literal('inbox'), event: inboxEventSchema }),
  /** Sockets of this session (or all of the user's, when null) are to be closed. */
  z.object({ type: z.literal('sessionEnded'), sessionId: id.nullable() }),
  /** Membership of a room changed for this user. */
  z.object({ type: z.literal('membership'), roomId: id }),
]);
export type UserPayload = z.infer<typeof userNotice>;

const stop = z.object({ attempt, stoppedBy: id });
export type StopPayload = z.infer<typeof stop>;

export const channels = {
  /** Durable events in the order their writer committed them. */
  roomEvents: (roomId: string) => fanOut(`room.${checked(roomId)}.events`, roomEvents),
  roomDeltas: (roomId: string) => fanOut(`room.${checked(roomId)}.deltas`, roomDeltas),
  /** Counters for the inbox of those who do not have the room open. */
  roomHead: (roomId: string) => fanOut(`room.${checked(roomId)}.head`, roomHead),
  /** Typing and presence hints; never durable. */
  roomSignals: (roomId: string) => fanOut(`room.${checked(roomId)}.signals`, roomSignal),
  /** Inbox events and orders that concern one person. */
  user: (userId: string) => fanOut(`user.${checked(userId)}`, userNotice),
  /** Asked and answered by one process: whether the bus carries anything. */
  instancePing: (instance: string) => request(`instance.${checked(instance)}.ping`, z.null(), z.literal(true)),
  /** The worker that holds the lease listens. */
  replyStop: (messageId: string) => fanOut(`reply.${checked(messageId)}.stop`, stop),
  /** The text so far, of the worker that writes it. */
  replySnapshot: (messageId: string, ofAttempt: number) =>
    request(`reply.${checked(messageId)}.${attempt.parse(ofAttempt)}.snapshot`, z.null(), snapshotSchema),
} as const;

function checked(text: string): string {
  if (!id.safeParse(text).success) throw new TypeError(`not a uuid, so not part of a subject: ${JSON.stringify(text)}`);
  return text.toLowerCase();
}
