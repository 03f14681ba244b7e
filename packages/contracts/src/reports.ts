import { z } from 'zod';
import { messageViewSchema, userViewSchema } from './views.js';

/** Why a member reports a message. */
export const reportReasons = ['spam', 'harassment', 'hate', 'sexual', 'violence', 'private', 'other'] as const;
export type ReportReason = (typeof reportReasons)[number];

/** What resolved a report. `silenced`, `removed` and `banned` are about the author; a character can only be removed. */
export const reportOutcomes = ['nothing', 'hidden', 'deleted', 'silenced', 'removed', 'banned'] as const;
export type ReportOutcome = (typeof reportOutcomes)[number];

export const reportViewSchema = z.object({
  id: z.uuid(),
  roomId: z.uuid(),
  /** Empty for a one-to-one room. */
  roomName: z.string(),
  reason: z.enum(reportReasons),
  note: z.string(),
  reporter: userViewSchema,
  toAdmins: z.boolean(),
  createdAt: z.iso.datetime(),
  /** The message as it is now, with its text also where it is hidden. */
  message: messageViewSchema,
  /** The text as it was reported; null once the report is resolved. */
  reported: z.string().nullable(),
  /** How many open reports there are of the message, this one among them. */
  open: z.int().nonnegative(),
  resolved: z.object({ outcome: z.enum(reportOutcomes), at: z.iso.datetime(), by: userViewSchema.nullable() }).nullable(),
});
export type ReportView = z.infer<typeof reportViewSchema>;
