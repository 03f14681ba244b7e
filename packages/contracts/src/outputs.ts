import { z } from 'zod';
import { privateReplySchema, joinedRoomSchema, type JoinedRoom } from './inbox-event.js';
import * as limits from './limits.js';
import { blockedWordActions } from './moderation-words.js';
import { reportReasons, reportViewSchema } from './reports.js';
import { mcpServerViewSchema } from './mcp-servers.js';
import {
  accountViewSchema,
  characterDetailsSchema,
  hookViewSchema,
  inviteViewSchema,
  keyViewSchema,
  memberViewSchema,
  messageViewSchema,
  mineSchema,
  roomCharacterViewSchema,
  roomInvitationSchema,
  roomViewSchema,
  usageSchema,
  userViewSchema,
  webhookViewSchema,
} from './views.js';

/**
 * Outputs of the procedures, each by its procedure's name, like the inputs in `inputs.ts`. A procedure that returns a view, or a list of
 * views, has no output here.
 */

const seq = z.int().nonnegative();
const rev = z.int().nonnegative();

/** The output of calls that have nothing to return. */
export const okOutput = z.object({ ok: z.literal(true) });

// --- auth

/** The answer of every way to sign in. A page gets the refresh token in the cookie, a program in the body. */
export const authSignedInOutput = z.object({
  user: accountViewSchema,
  accessToken: z.string(),
  /** The same as `accessToken`, by the name that many programs look for. */
  token: z.string().exactOptional(),
  /** When `accessToken` ends. */
  expiresAt: z.iso.datetime(),
  /** Can be exchanged once, within 30 days. */
  refreshToken: z.string().exactOptional(),
});
export type SignedInView = z.infer<typeof authSignedInOutput>;

/** Whether a token is good now; if so, whose it is, and when it ends, which a key need not. */
export const authValidateOutput = z.object({
  valid: z.boolean(),
  user: accountViewSchema.exactOptional(),
  expiresAt: z.iso.datetime().exactOptional(),
});
export type ValidatedToken = z.infer<typeof authValidateOutput>;

/** The ways in that this server has. */
export const authDoorsOutput = z.object({
  /** Whether people sign in by a password. */
  local: z.boolean(),
  registration: z.enum(['open', 'invite', 'closed']),
  /** Companies' sign-ins (OpenID Connect). */
  providers: z.array(z.object({ id: z.string(), name: z.string() })).max(limits.maxProviders),
  passkeys: z.boolean(),
  /** Whether this server sends mail, as for a password that was forgotten. */
  mail: z.boolean(),
});
export type Doors = z.infer<typeof authDoorsOutput>;

// --- moderation

/** The words that nobody may say in a room, beside those of the instance. */
export const roomsWordsOutput = z.object({
  words: z.array(z.string()).max(limits.maxBlockedWords),
  action: z.enum(blockedWordActions),
});
export type RoomWords = z.infer<typeof roomsWordsOutput>;
/** Who is banned from a room, the latest first. */
export const roomsBansOutput = z
  .array(z.object({ user: userViewSchema, bannedBy: userViewSchema.nullable(), bannedAt: z.iso.datetime() }))
  .max(limits.maxListedBans);
export type RoomBan = z.infer<typeof roomsBansOutput>[number];
/** The text of a hidden message. `by` is null where this server's moderation hid it. */
export const messagesHiddenTextOutput = z.object({ content: z.string(), hiddenAt: z.iso.datetime(), by: userViewSchema.nullable() });
export type HiddenTextView = z.infer<typeof messagesHiddenTextOutput>;
/** A report as whoever made it knows it. */
export const reportsCreateOutput = z.object({ id: z.uuid(), reason: z.enum(reportReasons), createdAt: z.iso.datetime() });
export type MadeReport = z.infer<typeof reportsCreateOutput>;
/** Open reports the oldest first, resolved ones the latest first. */
export const reportsListOutput = z.object({ items: z.array(reportViewSchema).max(limits.maxReportsPerPage), next: z.uuid().nullable() });
export type ReportsPage = z.infer<typeof reportsListOutput>;

/** What an invitation that is good leads to. */
export const authInviteOutput = z.object({
  /** Who made it; null for the operator. */
  madeBy: userViewSchema.nullable(),
  rooms: z.array(z.string()).max(limits.maxRoomsPerInvite),
});
export type InvitationView = z.infer<typeof authInviteOutput>;

/** Whose password was set. */
export const authResetOutput = z.object({ username: z.string() });

/** The code of a link by which a person sets a new password: `/sign-in#reset=` and the code. No later answer has it. */
export const usersResetLinkOutput = z.object({ code: z.string(), expiresAt: z.iso.datetime() });
export type ResetLink = z.infer<typeof usersResetLinkOutput>;

// --- passkeys and second steps

const publicKey = z.literal('public-key');
/** What a page asks a device for: PublicKeyCredentialCreationOptionsJSON of WebAuthn. */
export const passkeysBeginOutput = z.object({
  challenge: z.string(),
  rp: z.object({ id: z.string(), name: z.string() }),
  user: z.object({ id: z.string(), name: z.string(), displayName: z.string() }),
  pubKeyCredParams: z.array(z.object({ type: publicKey, alg: z.int() })).max(8),
  /** Milliseconds. */
  timeout: z.int().positive(),
  excludeCredentials: z
    .array(z.object({ id: z.string(), type: publicKey, transports: z.array(z.string()).max(20) }))
    .max(limits.maxPasskeysPerAccount),
  authenticatorSelection: z.object({
    residentKey: z.literal('required'),
    requireResidentKey: z.literal(true),
    userVerification: z.literal('required'),
  }),
  attestation: z.literal('none'),
});
export type PasskeyCreation = z.infer<typeof passkeysBeginOutput>;

/** What a page asks a device for: PublicKeyCredentialRequestOptionsJSON of WebAuthn. */
export const passkeysRequestOutput = z.object({
  challenge: z.string(),
  rpId: z.string(),
  timeout: z.int().positive(),
  userVerification: z.literal('required'),
});
export type PasskeyRequest = z.infer<typeof passkeysRequestOutput>;

/** The secret for an app, in base32, and the address that a QR code shows. */
export const secondStepBeginOutput = z.object({ secret: z.string(), uri: z.string() });
export type NewSecondStep = z.infer<typeof secondStepBeginOutput>;

/** Recovery codes. No later answer has them. */
export const recoveryCodesOutput = z.object({ recoveryCodes: z.array(z.string()).max(limits.maxRecoveryCodes) });

// --- invitations to the server

/** An invitation with its code: the link is `/sign-in#invite=` and the code. No later answer has it. */
export const invitesCreateOutput = inviteViewSchema.extend({ code: z.string() });
export type MadeInvite = z.infer<typeof invitesCreateOutput>;

// --- keys

/** The one answer that shows the key itself. */
export const keysCreateOutput = keyViewSchema.extend({ key: z.string() });
export type MadeKey = z.infer<typeof keysCreateOutput>;

// --- bots

/** The commands of a bot as they are now. */
export const botsSetCommandsOutput = z.object({
  commands: z.array(z.object({ name: z.string(), help: z.string(), arguments: z.string() })).max(limits.maxCommandsPerBot),
});

// --- webhooks and hooks

/** An answer that shows the secret, by which the receiver checks signatures. No later one does. */
export const webhooksSecretOutput = webhookViewSchema.extend({ secret: z.string() });
export type WebhookWithSecret = z.infer<typeof webhooksSecretOutput>;
/** The one answer that shows the address. */
export const hooksCreateOutput = hookViewSchema.extend({
  /** The path on this server, with the secret. */
  url: z.string(),
  secret: z.string(),
});
export type MadeHook = z.infer<typeof hooksCreateOutput>;

// --- rooms

/** The rooms that the caller is in. Programs of earlier versions that ask for the scope `public` get {@link roomsBrowseOutput}. */
export const roomsListOutput = z.union([
  z.array(joinedRoomSchema).max(limits.maxListedRooms),
  z.array(roomViewSchema).max(limits.maxBrowsedRooms),
]) as z.ZodType as z.ZodType<JoinedRoom[]>;
/** Public rooms that are not archived, the largest first. */
export const roomsBrowseOutput = z.array(roomViewSchema).max(limits.maxBrowsedRooms);

export const roomsGetOutput = z.object({
  room: roomViewSchema,
  mine: mineSchema,
  /** The first of them: owners, then moderators, then the others, each by when they joined. `room.memberCount` is how many there are. */
  members: z.array(memberViewSchema).max(limits.maxMembersPerPage),
  /** What `rooms.members` takes as `after` for the others; null if these are all. */
  nextMembers: z.string().nullable(),
  characters: z.array(roomCharacterViewSchema).max(limits.maxCharactersPerRoom),
  /** The room's head when all of this was read: only events after it are missing here. */
  rev,
});
export type RoomDetails = z.infer<typeof roomsGetOutput>;

export const roomsMembersOutput = z.object({
  members: z.array(memberViewSchema).max(limits.maxMembersPerPage),
  /** The `after` of the next page; null if there is none. Null where members were looked for by name or id. */
  next: z.string().nullable(),
  /** The room's head when this was read. */
  rev,
});
export type MemberPage = z.infer<typeof roomsMembersOutput>;

export const roomsMarkReadOutput = z.object({ lastReadSeq: seq, unread: z.int().nonnegative() });
export type ReadPosition = z.infer<typeof roomsMarkReadOutput>;

/** The person as a member; or, of a person who left the room by themselves, who is invited to join again and since when. */
export const roomsAddMemberOutput = z.union([memberViewSchema, z.object({ user: userViewSchema, invitedAt: z.iso.datetime() })]);
export type AddedMember = z.infer<typeof roomsAddMemberOutput>;

/** The invitations that wait for the caller, the oldest first. */
export const roomsInvitationsOutput = z.array(roomInvitationSchema).max(limits.maxListedInvitations);

/** What `POST /api/rooms/import` answers. */
export const roomsImportOutput = z.object({ room: roomViewSchema, messages: z.int().nonnegative() });
export type ImportedRoom = z.infer<typeof roomsImportOutput>;

// --- messages and replies

export const messagesListOutput = z.object({
  /** By seq, ascending. */
  items: z.array(messageViewSchema).max(limits.maxPageSize),
  hasBefore: z.boolean(),
  hasAfter: z.boolean(),
  /** The room's head when this page was read: a subscription from this rev misses nothing and repeats nothing. */
  rev,
});
export type MessagePage = z.infer<typeof messagesListOutput>;

/** Either a message with the replies it calls for, or an answer for the sender alone. */
export const messagesSendOutput = z.union([
  z.object({ message: messageViewSchema, replies: z.array(messageViewSchema).max(limits.maxRepliesPerMessage), privateReply: z.null() }),
  z.object({ message: z.null(), replies: z.tuple([]), privateReply: privateReplySchema }),
]);
export type PostedMessage = z.infer<typeof messagesSendOutput>;

/** What `POST /api/chat` answers: the answer to the message comes by the events of the conversation. */
export const chatSendOutput = z.object({
  /** The id of the answer, which its events carry. */
  message_id: z.uuid(),
  session_id: z.string(),
  status: z.literal('accepted'),
  /** When the message was stored. */
  timestamp: z.iso.datetime(),
  correlation_id: z.string(),
});
export type AcceptedMessage = z.infer<typeof chatSendOutput>;

export const messagesSearchOutput = z.object({
  /** Newest first. */
  items: z.array(messageViewSchema).max(limits.maxSearchResults),
  /** The `before` of the next page; null if there is none. */
  next: z.string().nullable(),
});
export type SearchPage = z.infer<typeof messagesSearchOutput>;

/** A reply in the room, or a private one. */
export const repliesStopOutput = z.union([messageViewSchema, privateReplySchema]);

// --- agents

/** An answer that a character owes, for the program that writes it. */
export const agentTaskSchema = z.object({
  taskId: z.uuid(),
  /** Names this attempt in all that is written: another attempt begins when the lease lapses. */
  attempt: z.int().positive(),
  /** How long the task is kept for this attempt unless it writes, in milliseconds. */
  leaseMs: z.int().positive(),
  roomId: z.uuid(),
  /** The message that the answer becomes; of a private answer, its id. */
  messageId: z.uuid(),
  /** Who the character is and what it may do, for a model. */
  prompt: z.string(),
  /** What the character knows of the room, in the order it was said; the last one says what is asked. */
  messages: z.array(z.object({ role: z.enum(['user', 'assistant']), content: z.string() })).max(limits.maxTaskMessages),
  askedBy: z.object({ name: z.string(), handle: z.string() }),
  trigger: z.object({
    /** `mention`, `always`, `turn`, `ambient`, or the name of a command. */
    kind: z.string(),
    /** The message that called the character. */
    messageId: z.uuid(),
    /** The text to answer; null for a task without one. */
    question: z.string().nullable(),
    /** What else a command keeps for its task. */
    data: z.record(z.string(), z.unknown()).exactOptional(),
  }),
  /** True if only the asker reads the answer. */
  private: z.boolean(),
  /** True if somebody wants the answer stopped. */
  stopRequested: z.boolean(),
});
export type AgentTask = z.infer<typeof agentTaskSchema>;

/** Null if the character owes no answer. */
export const agentsNextOutput = z.object({ task: agentTaskSchema.nullable() });
export const agentsWriteOutput = z.object({
  stopRequested: z.boolean(),
  leaseMs: z.int().positive(),
  /** How long the text is now, in UTF-16 units: the offset at which to go on. */
  length: z.int().nonnegative(),
});
export type WrittenAnswer = z.infer<typeof agentsWriteOutput>;
/** The answer as it is now: in the room, or a private one. */
export const agentsEndOutput = z.object({ message: z.union([messageViewSchema, privateReplySchema]) });

// --- streams of events

/** A ticket opens one stream, as often as its reader has to connect again, as long as the session or key stands that asked for it. */
export const streamTicketsCreateOutput = z.object({
  ticket: z.string(),
  /** Where the stream is, with the ticket. */
  path: z.string(),
});

// --- cards of characters

/** `cut`: the fields of the card of which only the beginning fits. */
export const charactersImportCardOutput = characterDetailsSchema.extend({ cut: z.string().array().max(20) });
/** `png`: the picture with the card in it, in base64; null unless it was asked for. */
export const charactersExportCardOutput = z.object({ card: z.record(z.string(), z.unknown()), png: z.string().nullable() });

// --- MCP servers

/** `commands`: names of the commands that can be chosen; null where no worker said which. */
export const mcpServersListOutput = z.object({
  servers: mcpServerViewSchema.array().max(limits.maxMcpServers),
  commands: z.string().array().max(100).nullable(),
});

// --- models

/** The models of a provider that characters may name, as it lists them. `problem`: why it gives no list; null if it does. */
const providerModelsSchema = z.object({
  name: z.string(),
  models: z.string().array().max(limits.maxListedModels),
  problem: z.string().nullable(),
});
export type ProviderModels = z.infer<typeof providerModelsSchema>;

export const modelsListOutput = z.object({
  /** The model of characters that name none; null where no worker said so. */
  defaultModel: z.string().nullable(),
  /** What characters may name: models, and `provider:*` for all of a provider. Null where no worker said so. */
  allowed: z.string().array().max(limits.maxListedModels).nullable(),
  providers: providerModelsSchema.array().max(100),
});
export type ListedModels = z.infer<typeof modelsListOutput>;

// --- characters as models

/** A character that can be called as a model, by its handle. */
export const modelViewSchema = z.object({
  model: z.string(),
  createdAt: z.iso.datetime(),
});
export type ModelView = z.infer<typeof modelViewSchema>;

/**
 * What a caller of a character as a model is told: `begun`, then the text in pieces, then one end. `length`: the longest answer cut the
 * text. `failed`: the text so far is all there is, and `code` says why, as it does of replies.
 */
export const completionEventSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('begun'), id: z.uuid(), model: z.string(), createdAt: z.iso.datetime() }),
  z.object({ type: z.literal('text'), text: z.string() }),
  z.object({ type: z.literal('end'), reason: z.enum(['stop', 'length']), usage: usageSchema }),
  z.object({ type: z.literal('failed'), code: z.string(), message: z.string() }),
]);
export type CompletionEvent = z.infer<typeof completionEventSchema>;

/** How long a room keeps its messages. Null: for good, and of `chosen`: its owners chose nothing. */
export const roomsRetentionOutput = z.object({
  /** What holds: of what the room chose and what the server says, the fewer. */
  days: z.int().positive().nullable(),
  chosen: z.int().positive().nullable(),
  serverDays: z.int().positive().nullable(),
  /** The fewest that owners may choose. */
  leastDays: z.int().positive(),
});
export type RoomsRetentionOutput = z.infer<typeof roomsRetentionOutput>;

/** A legal hold: while it stands, nothing of the person or the room is removed. */
export const holdViewSchema = z.object({
  id: z.uuid(),
  kind: z.enum(['person', 'room']),
  subjectId: z.uuid(),
  /** The person's username or the room's name, as it is now. */
  name: z.string(),
  reason: z.string(),
  placedAt: z.iso.datetime(),
  /** The username of the admin; null for the operator, and for an account that was removed. */
  placedBy: z.string().nullable(),
  liftedAt: z.iso.datetime().nullable(),
  liftedBy: z.string().nullable(),
  /** How many rows it has set aside. */
  copies: z.int().nonnegative(),
});
export type HoldView = z.infer<typeof holdViewSchema>;
export const holdsListOutput = holdViewSchema.array().max(limits.maxListedHolds);

/** A line of the file of a legal hold: the hold, then each row as it was before it was changed or deleted, the oldest first. */
export const holdFileLineSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('hold'),
    format: z.literal('parley.hold'),
    version: z.literal(1),
    exportedAt: z.iso.datetime(),
    hold: holdViewSchema,
  }),
  z.object({ type: z.literal('copy'), keptAt: z.iso.datetime(), table: z.string(), row: z.record(z.string(), z.unknown()) }),
  z.object({ type: z.literal('end') }),
]);

export type HoldFileLine = z.infer<typeof holdFileLineSchema>;

/** Why something of a removed account stays. */
export const stayReasons = ['room', 'order', 'log', 'ownerless', 'sums', 'spent', 'hold'] as const;

/** What became of one kind of rows of an account. */
export const removalLineSchema = z.object({
  what: z.string(),
  before: z.int().nonnegative(),
  stays: z.int().nonnegative(),
  /** Null where nothing stays. */
  why: z.enum(stayReasons).nullable(),
});
export type RemovalLine = z.infer<typeof removalLineSchema>;

/** The removal of an account: a receipt of what went, and what stays and why. */
export const removalViewSchema = z.object({
  userId: z.uuid(),
  /** The username that it had: kept here, so that it can be shown that this person's account is gone. */
  username: z.string(),
  messages: z.enum(['keep', 'remove']),
  /** The username of the admin; null for the person, and for the operator. */
  askedBy: z.string().nullable(),
  begunAt: z.iso.datetime(),
  /** Null while it is not finished: a worker goes on with it. */
  endedAt: z.iso.datetime().nullable(),
  record: removalLineSchema.array().max(40),
});
export type RemovalView = z.infer<typeof removalViewSchema>;
export const usersRemovalsOutput = removalViewSchema.array().max(limits.maxListedRemovals);

/** What the database holds. */
export const storageViewSchema = z.object({
  /** Of the whole database, in bytes. */
  bytes: z.number().nonnegative(),
  /** The largest first. */
  tables: z
    .object({
      name: z.string(),
      /** With its indexes. */
      bytes: z.number().nonnegative(),
      rows: z.number().nonnegative(),
      /** True if `rows` is the database's estimate. */
      estimated: z.boolean(),
      /** When the oldest row was made; null where that is not known. */
      oldest: z.iso.datetime().nullable(),
      /** How it shrinks, or why it does not. */
      shrinks: z.string(),
    })
    .array()
    .max(limits.maxStoredTables),
});
export type StorageView = z.infer<typeof storageViewSchema>;
