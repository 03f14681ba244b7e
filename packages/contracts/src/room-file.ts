import { z } from 'zod';
import { maxReactionsPerMessage, maxReplyBytes, maxTopicLength, utf8Bytes } from './limits.js';
import { memberViewSchema, messageViewSchema, roomCharacterViewSchema, roomViewSchema } from './views.js';

/**
 * A room as a file: JSON Lines in UTF-8. The first line is {@link RoomFileHeader}, then each message is a line, ascending by
 * `seq`, and the last line is {@link RoomFileEnd}: a file without it was cut off.
 */

export const roomFileFormat = 'parley.room';
/** Readers refuse higher versions. A new field needs no new version; a field whose meaning changes does. */
export const roomFileVersion = 1;
/** The largest file that can be imported, in bytes. */
export const maxRoomFileBytes = 50 * 1024 * 1024;
/** The longest line that an import reads, in bytes: enough for the header of a room with thousands of members. */
export const maxRoomFileLineBytes = 8 * 1024 * 1024;

const formatFields = { format: z.literal(roomFileFormat), version: z.literal(roomFileVersion) };

/** The header as an export writes it. */
export const roomFileHeaderSchema = z.object({
  type: z.literal('room'),
  ...formatFields,
  exportedAt: z.iso.datetime(),
  room: roomViewSchema,
  members: z.array(memberViewSchema),
  characters: z.array(roomCharacterViewSchema),
});
export type RoomFileHeader = z.infer<typeof roomFileHeaderSchema>;

/** The header as an import reads it: who was in the exported room, and in what role, does not matter. */
export const importedRoomHeaderSchema = z.object({
  type: z.literal('room'),
  ...formatFields,
  room: z.object({
    name: z.string().trim().normalize('NFC').max(400),
    topic: z.string().trim().normalize('NFC').max(maxTopicLength).default(''),
  }),
});

export const roomFileMessageSchema = z.object({
  type: z.literal('message'),
  // Anyone can write a file: an import takes the text of a system line as text, but does not believe its facts.
  message: messageViewSchema.omit({ system: true }).extend({
    author: messageViewSchema.shape.author.extend({ name: z.string().normalize('NFC').max(200), handle: z.string().max(200) }),
    content: z
      .string()
      .refine((content) => content.length <= maxReplyBytes && utf8Bytes(content) <= maxReplyBytes, 'must be 256 kB at most'),
    reactions: z.array(messageViewSchema.shape.reactions.element.extend({ emoji: z.string().min(1).max(32) })).max(maxReactionsPerMessage),
    error: z.object({ code: z.string().max(100), message: z.string().max(2_000) }).nullable(),
  }),
});
export type RoomFileMessage = z.infer<typeof roomFileMessageSchema>;

export const roomFileEndSchema = z.object({ type: z.literal('end'), messages: z.int().nonnegative() });
export type RoomFileEnd = z.infer<typeof roomFileEndSchema>;

export const roomFileLineSchema = z.discriminatedUnion('type', [roomFileMessageSchema, roomFileEndSchema]);

/** A line as an export writes it. A line that an import reads may have more fields, and its sizes are bounded. */
export const writtenRoomFileLineSchema = z.discriminatedUnion('type', [
  roomFileHeaderSchema,
  z.object({ type: z.literal('message'), message: messageViewSchema }),
  roomFileEndSchema,
]);
export type WrittenRoomFileLine = z.infer<typeof writtenRoomFileLineSchema>;
