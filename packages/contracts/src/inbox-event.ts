import { z } from 'zod';
import { maxListedInvitations, maxListedPrivateReplies, maxListedRooms } from './limits.js';
import { serverParts } from './server-parts.js';
import { maxCallsPerStep, maxToolSteps, toolCallViewSchema } from './tools.js';
import { mineSchema, roomInvitationSchema, roomViewSchema } from './views.js';

const id = z.uuid();
const seq = z.int().nonnegative();
const count = z.int().nonnegative();

/** An answer that only its asker sees: `/help`, `/summary private`. It has no `seq` and no `rev`. */
export const privateReplySchema = z.object({
  id,
  roomId: id,
  /** 0 until a worker has claimed the reply. A higher attempt replaces the text of a lower one, even if its text is shorter. */
  attempt: count,
  /** While `streaming`, the text so far; another event of the same attempt may have more of it. */
  content: z.string(),
  /** `streaming` also while the reply waits for a worker. A reply that has ended does not change any more. */
  status: z.enum(['streaming', 'complete', 'stopped', 'failed']),
  createdAt: z.iso.datetime(),
  /** The command that a character answers so, without the slash, and the character's name. Absent where the server itself answered. */
  about: z.object({ command: z.string(), by: z.string().nullable() }).exactOptional(),
  /** The tools that the answer called, in order; absent for none. */
  tools: z
    .array(toolCallViewSchema)
    .max(maxToolSteps * maxCallsPerStep)
    .exactOptional(),
  /** Why the reply failed or ends early, in plain words. */
  error: z.object({ code: z.string(), message: z.string() }).exactOptional(),
});
export type PrivateReply = z.infer<typeof privateReplySchema>;

/** A room as one of its members lists it. */
export const joinedRoomSchema = z.object({ room: roomViewSchema, mine: mineSchema });
export type JoinedRoom = z.infer<typeof joinedRoomSchema>;

/**
 * What `inbox.events` yields. The first event, the first after any gap, and the first after the person was invited to a room or declined, is
 * a full snapshot.
 */
export const inboxEventSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('snapshot'),
    rooms: z.array(joinedRoomSchema).max(maxListedRooms),
    privateReplies: z.array(privateReplySchema).max(maxListedPrivateReplies),
    /** The oldest first. Absent where a server of an earlier version answers. */
    invitations: z.array(roomInvitationSchema).max(maxListedInvitations).exactOptional(),
  }),
  /** Counters of one room, coalesced. */
  z.object({ type: z.literal('counters'), roomId: id, lastSeq: seq, lastReadSeq: seq, unread: count, mentions: count }),
  /** A room joined, changed, or left (`mine: null`). */
  z.object({ type: z.literal('room'), room: roomViewSchema, mine: mineSchema.nullable() }),
  z.object({ type: z.literal('mention'), roomId: id, messageId: id }),
  z.object({ type: z.literal('privateReply'), reply: privateReplySchema }),
  /** The person put a private reply away, on this or another connection. */
  z.object({ type: z.literal('privateReplyDismissed'), id }),
  /** The parts that this server is without at the moment. Sent after each snapshot, and whenever they change. Empty: all is well. */
  z.object({ type: z.literal('server'), away: z.array(z.enum(serverParts)).max(serverParts.length) }),
]);
export type InboxEvent = z.infer<typeof inboxEventSchema>;
