import { z } from 'zod';
import { serverParts } from './server-parts.js';
import { mineSchema, roomViewSchema } from './views.js';

const id = z.uuid();
const seq = z.int().nonnegative();
const count = z.int().nonnegative();

/** An answer only its asker sees: `/help`, `/summary private`. It has no `seq` and no `rev`. */
export const privateReplySchema = z.object({
  id,
  roomId: id,
  /** 0 until a worker has claimed it; a higher attempt starts over, whatever its text. */
  attempt: count,
  /** While `streaming`: the text so far as this event knows it, which may be behind another's. */
  content: z.string(),
  /** `streaming` also while it waits for a worker. Once it has ended it stays as it is. */
  status: z.enum(['streaming', 'complete', 'stopped', 'failed']),
  createdAt: z.iso.datetime(),
  /** Why it failed, or ends early, in plain words. */
  error: z.object({ code: z.string(), message: z.string() }).exactOptional(),
});
export type PrivateReply = z.infer<typeof privateReplySchema>;

/** A room in the list of whoever is in it. */
export const joinedRoomSchema = z.object({ room: roomViewSchema, mine: mineSchema });
export type JoinedRoom = z.infer<typeof joinedRoomSchema>;

/** What `inbox.events` yields. The first event, and the first after any gap, is a full snapshot. */
export const inboxEventSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('snapshot'), rooms: z.array(joinedRoomSchema), privateReplies: z.array(privateReplySchema) }),
  /** Counters of one room, coalesced. */
  z.object({ type: z.literal('counters'), roomId: id, lastSeq: seq, lastReadSeq: seq, unread: count, mentions: count }),
  /** A room joined, changed, or left (`mine: null`). */
  z.object({ type: z.literal('room'), room: roomViewSchema, mine: mineSchema.nullable() }),
  z.object({ type: z.literal('mention'), roomId: id, messageId: id }),
  z.object({ type: z.literal('privateReply'), reply: privateReplySchema }),
  /** Put away, here or on another connection. */
  z.object({ type: z.literal('privateReplyDismissed'), id }),
  /** What this server is without just now: after each snapshot, and whenever it changes. Empty: all is well. */
  z.object({ type: z.literal('server'), away: z.array(z.enum(serverParts)) }),
]);
export type InboxEvent = z.infer<typeof inboxEventSchema>;
