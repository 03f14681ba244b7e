import { z } from 'zod';
import { cutText } from './cut-text.js';
import {
  maxCharactersPerRoom,
  maxMembersInFile,
  maxNotesPerRoom,
  maxReactionsPerMessage,
  maxReplyBytes,
  maxRoomNameLength,
  utf8Bytes,
} from './limits.js';
import { isModelName } from './model-names.js';
import {
  displayNameSchema,
  emojiSchema,
  glyphSchema,
  lineSchema,
  noteTextSchema,
  roomNameSchema,
  topicSchema,
  usernameSchema,
} from './names.js';
import { avatarSchema, memberViewSchema, messageViewSchema, noteViewSchema, roomCharacterViewSchema, roomViewSchema } from './views.js';

/**
 * A room as a file: JSON Lines in UTF-8. The first line is {@link RoomFileHeader}, then each message is a line, ascending by
 * `seq`, and the last line is {@link RoomFileEnd}: a file without it was cut off.
 */

export const roomFileFormat = 'parley.room';
/** Readers refuse higher versions. A new field needs no new version; a field whose meaning changes does. */
export const roomFileVersion = 1;
/** The largest file that can be imported, in bytes. */
export const maxRoomFileBytes = 50 * 1024 * 1024;
/** The longest header that an import reads, in bytes: enough for a room with thousands of members. */
export const maxRoomFileHeaderBytes = 8 * 1024 * 1024;
/** The longest other line, in bytes: enough for a reply of 256 kB whose every character JSON writes as six, and for who reacted. */
export const maxRoomFileLineBytes = 2 * 1024 * 1024;

/** The longest system line that an import reads, in UTF-16 units: a room's name, its topic and the names of people. */
const maxSystemLineLength = 1_000;

const formatFields = { format: z.literal(roomFileFormat), version: z.literal(roomFileVersion) };

/** The header as an export writes it. */
export const roomFileHeaderSchema = z.object({
  type: z.literal('room'),
  ...formatFields,
  exportedAt: z.iso.datetime(),
  room: roomViewSchema,
  /** The first {@link maxMembersInFile} of the room's members; `room.memberCount` is how many there are. */
  members: z.array(memberViewSchema).max(maxMembersInFile),
  characters: z.array(roomCharacterViewSchema).max(maxCharactersPerRoom),
  /** Absent in files of earlier versions. */
  notes: z.array(noteViewSchema).max(maxNotesPerRoom).exactOptional(),
});
export type RoomFileHeader = z.infer<typeof roomFileHeaderSchema>;

/** The header as an import reads it: who was in the exported room, and in what role, does not matter. */
export const importedRoomHeaderSchema = z.object({
  type: z.literal('room'),
  ...formatFields,
  room: z.object({
    /** Empty for a direct room. */
    name: z
      .string()
      .max(400)
      .transform((name) => cutText(name.trim().normalize('NFC'), maxRoomNameLength))
      .pipe(z.literal('').or(roomNameSchema)),
    topic: topicSchema.default(''),
  }),
  notes: z
    .array(
      z.object({
        number: z.int().positive().max(1_000_000_000),
        text: noteTextSchema,
        author: z.object({ id: z.uuid().nullable(), name: displayNameSchema, handle: z.literal('').or(usernameSchema) }),
        source: z.object({ messageId: z.uuid() }).nullable(),
        toldToAi: z.boolean(),
        createdAt: z.iso.datetime(),
        updatedAt: z.iso.datetime(),
      }),
    )
    .max(maxNotesPerRoom)
    .refine((notes) => new Set(notes.map(({ number }) => number)).size === notes.length, 'must have each number once')
    .default([]),
});
export type ImportedRoomHeader = z.infer<typeof importedRoomHeaderSchema>;
/** A note as an import reads it. */
export type RoomFileNote = ImportedRoomHeader['notes'][number];

const content = z.string().refine((text) => text.length <= maxReplyBytes && utf8Bytes(text) <= maxReplyBytes, 'must be 256 kB at most');

// Anyone can write a file. What stands in it as a name, a reaction or a line must have the form in which this server would take it from a
// person; and what it says of itself, such as the facts of a system line, is not read.
const fileMessageSchema = messageViewSchema.omit({ system: true }).extend({
  content,
  mentions: z.array(z.uuid()),
  // Of the people here, the import keeps as many as a message may have.
  reactions: z
    .array(messageViewSchema.shape.reactions.element.extend({ emoji: emojiSchema, userIds: z.array(z.uuid()) }))
    .max(maxReactionsPerMessage),
  reply: messageViewSchema.shape.reply
    .unwrap()
    .extend({ model: z.string().refine(isModelName, 'write provider:model').nullable() })
    .nullable(),
  error: z.object({ code: lineSchema.max(100), message: lineSchema.max(2_000) }).nullable(),
});
const said = {
  author: messageViewSchema.shape.author.omit({ imported: true }).extend({
    name: displayNameSchema,
    /** Empty for a removed account. */
    handle: z.literal('').or(usernameSchema),
    avatar: avatarSchema.extend({ glyph: glyphSchema.nullable().catch(null) }),
  }),
};

export const roomFileMessageSchema = z.object({
  type: z.literal('message'),
  message: z.discriminatedUnion('kind', [
    fileMessageSchema.extend({ kind: z.literal('text'), ...said }),
    fileMessageSchema.extend({ kind: z.literal('reply'), ...said }),
    // Nobody says a system line, so its author is not read. It names people and rooms in one sentence.
    fileMessageSchema.extend({ kind: z.literal('system'), content: lineSchema.max(maxSystemLineLength) }).omit({ author: true }),
  ]),
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
