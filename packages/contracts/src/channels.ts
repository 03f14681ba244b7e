import { z } from 'zod';
import { inboxEventSchema } from './inbox-event.js';
import { mcpCheckSchema } from './mcp-servers.js';
import { modelsListOutput } from './outputs.js';
import { deltaSchema, durableEventSchema, snapshotSchema, thoughtPieceSchema } from './room-event.js';
import { roomViewSchema } from './views.js';

/**
 * The channels of the bus. Each entry describes one channel: its subject (without the `parley.<env>.` that the bus puts before it), its
 * payload, and whether its messages go to everyone or are questions that want an answer.
 *
 * An id becomes part of a subject only after it was checked: a `*`, `>` or `.` in it would subscribe to other people's rooms.
 */

/** A channel whose messages go to everyone who listens. */
export interface FanOutChannel<Payload> {
  readonly direction: 'fanOut';
  readonly subject: string;
  readonly payload: z.ZodType<Payload>;
}

/** A channel of questions to whoever answers; the first answer counts. */
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

/** An event larger than the broker takes travels as `{rev}` only; whoever receives that reads the event from the database. */
const roomEvents = z.object({ events: z.array(z.union([durableEventSchema, z.object({ rev })])) });
export type RoomEventsPayload = z.infer<typeof roomEvents>;

const roomDeltas = z.object({ deltas: z.array(deltaSchema) });
export type RoomDeltasPayload = z.infer<typeof roomDeltas>;

/**
 * `room` is set when more of the room changed than its counters and members, because inboxes show its name. `read` is set when a person
 * wrote the message `seq` and so has read up to it. It travels with the head, so that their own message never counts as unread for a
 * moment.
 */
const roomHead = z.object({
  seq: z.int().nonnegative(),
  rev,
  room: roomViewSchema.exactOptional(),
  read: z.object({ userId: id, seq: z.int().nonnegative() }).exactOptional(),
});
export type RoomHeadPayload = z.infer<typeof roomHead>;

/** `to` is the asker of a private answer: the piece is for that person alone. Absent for an answer that the room sees. */
const roomThought = thoughtPieceSchema.extend({ to: id.exactOptional() });
export type RoomThoughtPayload = z.infer<typeof roomThought>;

const roomSignal = z.discriminatedUnion('type', [
  z.object({ type: z.literal('typing'), userId: id, typing: z.boolean() }),
  z.object({ type: z.literal('presence') }),
]);
export type RoomSignalPayload = z.infer<typeof roomSignal>;

const userNotice = z.discriminatedUnion('type', [
  z.object({ type: z.literal('inbox'), event: inboxEventSchema }),
  /** Close the sockets of this session, or all sockets of the user if `sessionId` is null. */
  z.object({ type: z.literal('sessionEnded'), sessionId: id.nullable() }),
  /** The user was invited to a room, or declined: their inboxes need a snapshot. Processes of an earlier version ignore it. */
  z.object({ type: z.literal('invitations') }),
  /** The user's membership of this room changed. */
  z.object({ type: z.literal('membership'), roomId: id }),
  /** The user may do more than before: their sockets come back with what they may now. Processes of an earlier version ignore it. */
  z.object({ type: z.literal('role') }),
]);
export type UserPayload = z.infer<typeof userNotice>;

/** `ended`: the row of the job has the end, and no delta follows. */
const completion = z.object({ deltas: z.array(deltaSchema), ended: z.literal(true).exactOptional() });
export type CompletionPayload = z.infer<typeof completion>;

const stop = z.object({ attempt, stoppedBy: id });
export type StopPayload = z.infer<typeof stop>;

export const channels = {
  /** Durable events in the order their writer committed them. */
  roomEvents: (roomId: string) => fanOut(`room.${checked(roomId)}.events`, roomEvents),
  roomDeltas: (roomId: string) => fanOut(`room.${checked(roomId)}.deltas`, roomDeltas),
  /** Counters for the inboxes of people who do not have the room open. */
  roomHead: (roomId: string) => fanOut(`room.${checked(roomId)}.head`, roomHead),
  /** What models think while they answer in a room; never durable. Processes of an earlier version drop what is of a private answer. */
  roomThoughts: (roomId: string) => fanOut(`room.${checked(roomId)}.thoughts`, roomThought),
  /** Typing and presence hints; never durable. */
  roomSignals: (roomId: string) => fanOut(`room.${checked(roomId)}.signals`, roomSignal),
  /** Inbox events and orders that concern one person. */
  user: (userId: string) => fanOut(`user.${checked(userId)}`, userNotice),
  /** A process sends this question to itself, to find out whether the bus carries anything. */
  instancePing: (instance: string) => request(`instance.${checked(instance)}.ping`, z.null(), z.literal(true)),
  /** Orders to stop a reply. The worker that holds its lease listens. */
  replyStop: (messageId: string) => fanOut(`reply.${checked(messageId)}.stop`, stop),
  /** Asks the worker that writes a reply for the text so far. */
  replySnapshot: (messageId: string, ofAttempt: number) =>
    request(`reply.${checked(messageId)}.${attempt.parse(ofAttempt)}.snapshot`, z.null(), snapshotSchema),
  /** The text of a completion while it is written, for whoever waits for it. The first delta of an attempt may be empty: the attempt has begun. */
  completion: (jobId: string) => fanOut(`completion.${checked(jobId)}`, completion),
  /** Asks any worker for the models that there are, which it asks the providers for: only workers know their keys. */
  modelLists: request('models.lists', z.null(), modelsListOutput),
  /** Asks any worker for the names of the commands that MCP servers may have: only workers start them. */
  mcpCommands: request('mcp.commands', z.null(), z.string().array().max(100)),
  /** Asks any worker to look what an MCP server offers. */
  mcpCheck: request('mcp.check', z.object({ serverId: id }), mcpCheckSchema),
  /** A setting of the server changed. Every process reads them anew; one of an earlier version does not listen. */
  instanceSettings: fanOut('instance.settings', z.object({ name: z.string() })),
  /** A reply of this character waits. The APIs listen at which an agent asks for its next task. */
  agentWork: (characterId: string) => fanOut(`agent.${checked(characterId)}.work`, z.object({})),
} as const;

function checked(text: string): string {
  if (!id.safeParse(text).success) throw new TypeError(`not a uuid, so not part of a subject: ${JSON.stringify(text)}`);
  return text.toLowerCase();
}
