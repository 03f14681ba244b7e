import { z } from 'zod';
import { toolPermissionSchema } from './tools.js';
import { reportsCreateOutput } from './outputs.js';
import { ownUsageSchema } from './usage.js';
import { privateReplySchema } from './inbox-event.js';
import {
  accountViewSchema,
  hookViewSchema,
  messageViewSchema,
  noteViewSchema,
  roomInvitationSchema,
  roomRoleSchema,
  roomViewSchema,
  sessionViewSchema,
  webhookViewSchema,
} from './views.js';

/** A room that the account's owner is in, or was in. */
const ownMembershipSchema = z.object({
  room: roomViewSchema,
  role: roomRoleSchema,
  joinedAt: z.iso.datetime(),
  left: z.boolean(),
  muted: z.boolean(),
  lastReadSeq: z.int().nonnegative(),
});
export type OwnMembership = z.infer<typeof ownMembershipSchema>;

/** A line of the file that `GET /api/me/export` returns, JSON Lines in UTF-8. The first line is `account`, the last is `end`. */
export const accountFileLineSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('account'),
    format: z.literal('parley.account'),
    version: z.literal(1),
    exportedAt: z.iso.datetime(),
    account: accountViewSchema,
    email: z.string().nullable(),
    emailVerifiedAt: z.iso.datetime().nullable(),
  }),
  /** Where the account is signed in, and what the device there calls itself. */
  sessionViewSchema.omit({ device: true, current: true }).extend({ type: z.literal('session'), userAgent: z.string().nullable() }),
  ownMembershipSchema.extend({ type: z.literal('membership') }),
  z.object({ type: z.literal('invitation'), invitation: roomInvitationSchema }),
  z.object({ type: z.literal('message'), message: messageViewSchema }),
  /** A note whose text is the account's. */
  z.object({ type: z.literal('note'), note: noteViewSchema }),
  z.object({ type: z.literal('privateReply'), reply: privateReplySchema }),
  /** A tool that the person lets a character use without being asked each time. */
  z.object({ type: z.literal('permission'), permission: toolPermissionSchema }),
  /** A conversation of the chat surface, whose room is one of the memberships. */
  z.object({ type: z.literal('chatSession'), sessionId: z.string(), roomId: z.uuid(), characterId: z.uuid() }),
  /** What the account made, in rooms and for bots of its own, without secrets. */
  z.object({ type: z.literal('webhook'), webhook: webhookViewSchema }),
  z.object({ type: z.literal('hook'), hook: hookViewSchema }),
  /** A report that the person made of a message of somebody else. */
  z.object({ type: z.literal('report'), messageId: z.uuid(), roomId: z.uuid(), note: z.string(), ...reportsCreateOutput.shape }),
  ownUsageSchema.extend({ type: z.literal('usage') }),
  /** A row of a table of the database that has no line of its own kind, without secrets: sign-ins by providers, keys, bots, characters, entries of the audit log. */
  z.object({ type: z.literal('row'), table: z.string(), row: z.record(z.string(), z.unknown()) }),
  z.object({ type: z.literal('end') }),
]);
export type AccountFileLine = z.infer<typeof accountFileLineSchema>;
