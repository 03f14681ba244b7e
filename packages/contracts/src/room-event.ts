import { z } from 'zod';
import { maxListedQueue, maxNamedOnline, maxNamedTyping, maxShownThought } from './limits.js';
import { memberViewSchema, messageViewSchema, roomCharacterViewSchema, roomViewSchema } from './views.js';

/** What `rooms.events` yields. The functions that need no schema are in `event-id.ts`, so that a page can leave zod out. */

const id = z.uuid();
const seq = z.int().nonnegative();
const rev = z.int().nonnegative();

/** A piece of a reply's text. Offsets and lengths are UTF-16 code units of the reply so far. */
export const deltaSchema = z.object({
  messageId: id,
  attempt: z.int().nonnegative(),
  offset: z.int().nonnegative(),
  text: z.string(),
});
export type Delta = z.infer<typeof deltaSchema>;

/** A piece of what a model thinks before it answers, which is no part of the answer. Offsets are UTF-16 code units of what was told of the attempt. */
export const thoughtPieceSchema = deltaSchema.extend({ text: z.string().max(maxShownThought) });
export type ThoughtPiece = z.infer<typeof thoughtPieceSchema>;

/** The whole text of a reply so far. */
export const snapshotSchema = deltaSchema.omit({ offset: true });
export type Snapshot = z.infer<typeof snapshotSchema>;

/** Events that change the room's rows: each has a `rev`, and the same rev is always the same payload. */
export const durableEventSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('message'), rev, message: messageViewSchema }),
  z.object({ type: z.literal('room'), rev, room: roomViewSchema }),
  z.object({ type: z.literal('member'), rev, member: memberViewSchema, left: z.boolean() }),
  z.object({ type: z.literal('character'), rev, character: roomCharacterViewSchema, left: z.boolean() }),
]);
export type DurableEvent = z.infer<typeof durableEventSchema>;

const absent = z.undefined().optional();

const named = z.object({ id, name: z.string() });

/** An answer that is being written in a room, or waits to be. */
export const queuedReplySchema = z.object({
  messageId: id,
  character: named,
  askedBy: named,
  /** False while it waits. */
  writing: z.boolean(),
  /** Who may allow a call of a tool that it waits for; absent where it waits for its turn. Those that have it stand last. */
  waitsFor: named.exactOptional(),
});
export type QueuedReply = z.infer<typeof queuedReplySchema>;

/** Events that no row keeps: only readers who are connected at that moment get them. */
export const ephemeralEventSchema = z.union([
  z.discriminatedUnion('type', [
    z.object({ type: z.literal('hello'), rev, seq, replies: z.array(snapshotSchema) }),
    deltaSchema.extend({ type: z.literal('delta') }),
    snapshotSchema.extend({ type: z.literal('snapshot') }),
    // Kept nowhere: who comes later, or is behind, misses it.
    thoughtPieceSchema.extend({ type: z.literal('thought') }),
    z.object({ type: z.literal('typing'), userIds: z.array(id).max(maxNamedTyping) }),
    // Those being written first, then those that wait in the order of their turns. `count` is how many there are in all.
    z.object({ type: z.literal('queue'), replies: z.array(queuedReplySchema).max(maxListedQueue), count: z.int().nonnegative() }),
    z.object({ type: z.literal('resync'), rev }),
  ]),
  // The ids of the people online, or only their number if they are too many to name.
  z.object({ type: z.literal('presence'), online: z.array(id).max(maxNamedOnline), onlineCount: absent }),
  z.object({ type: z.literal('presence'), onlineCount: z.int().nonnegative(), online: absent }),
]);
export type EphemeralEvent = z.infer<typeof ephemeralEventSchema>;

/** Every event is sent with an id (tRPC's `tracked`); see `durableEventId`. */
export const roomEventSchema = z.union([durableEventSchema, ephemeralEventSchema]);
export type RoomEvent = z.infer<typeof roomEventSchema>;

export type RoomEventType = RoomEvent['type'];
