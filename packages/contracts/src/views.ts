import { z } from 'zod';
import {
  maxInstructionLength,
  maxMentionsPerMessage,
  maxReactionsPerMessage,
  maxReactorsPerMessage,
  maxRoomProviders,
  maxPasskeysPerAccount,
  maxRoomsPerInvite,
  maxRoomsPerKey,
} from './limits.js';
import { keyScopes } from './key-scopes.js';
import { characterTools, maxCallsPerStep, maxToolSteps, toolCallViewSchema } from './tools.js';
import { webhookEventNames } from './webhook-events.js';

/** Views are what travels to clients: plain JSON, the same for every viewer. Instants are ISO 8601 in UTC; `seq` and `rev` are numbers. */

const id = z.uuid();
const instant = z.iso.datetime();
const seq = z.int().nonnegative();
const rev = z.int().nonnegative();

/** How someone is drawn: a person as a filled circle with initials, a character as an outlined square with a glyph; both in their hue. */
export const avatarSchema = z.object({
  /** Hue angle in OKLCH, 0–359. */
  hue: z.int().min(0).max(359),
  /** Lucide icon name for a character; `bot` for a bot; null for a person, who has initials. */
  glyph: z.string().max(40).nullable(),
});
export type Avatar = z.infer<typeof avatarSchema>;

export const instanceRoleSchema = z.enum(['admin', 'user']);
export type InstanceRole = z.infer<typeof instanceRoleSchema>;

export const roomRoleSchema = z.enum(['owner', 'moderator', 'member']);
export type RoomRole = z.infer<typeof roomRoleSchema>;

export const userViewSchema = z.object({ id, username: z.string(), displayName: z.string(), avatar: avatarSchema });
export type UserView = z.infer<typeof userViewSchema>;

/** The caller's own account, as `auth.me` and sign-in return it. */
export const accountViewSchema = userViewSchema.extend({ role: instanceRoleSchema, createdAt: instant });
export type AccountView = z.infer<typeof accountViewSchema>;

/** What proved who somebody is who signed in: a password (and a code, where the account asks for one), a passkey, or a company's provider. */
export const signInMethods = ['password', 'passkey', 'provider'] as const;
export type SignInMethod = (typeof signInMethods)[number];

/** A sign-in of the caller's. */
export const sessionViewSchema = z.object({
  id,
  /** Null for one of before this was noted. */
  how: z.enum(signInMethods).nullable(),
  /** Its browser and system, such as `Firefox on Windows`; else the name of a program. Null where it said none. */
  device: z.string().nullable(),
  /** Where it was last: an address, or the network of one. */
  address: z.string().nullable(),
  createdAt: instant,
  /** To the minute. A page that stays open counts as used every few minutes. */
  lastUsedAt: instant,
  /** True for the one that asks. */
  current: z.boolean(),
});
export type SessionView = z.infer<typeof sessionViewSchema>;

/** A passkey of the caller's. */
export const passkeyViewSchema = z.object({
  id: z.string(),
  name: z.string(),
  /** The host that it signs in to. */
  host: z.string(),
  createdAt: instant,
  lastUsedAt: instant.nullable(),
});
export type PasskeyView = z.infer<typeof passkeyViewSchema>;

/** By what the caller signs in, and where mail reaches them. */
export const securityViewSchema = z.object({
  /** False for an account of a company's, which has none. */
  password: z.boolean(),
  /** Whether a sign-in by password asks for a code too. */
  secondStep: z.boolean(),
  /** Recovery codes that are good. */
  recoveryCodes: z.int().nonnegative(),
  email: z.string().nullable(),
  /** Null where nobody showed that the address is theirs. */
  emailVerifiedAt: instant.nullable(),
  passkeys: z.array(passkeyViewSchema).max(maxPasskeysPerAccount),
});
export type SecurityView = z.infer<typeof securityViewSchema>;

/** An invitation that is good, without its code, which nobody is shown again. */
export const inviteViewSchema = z.object({
  id,
  createdAt: instant,
  expiresAt: instant,
  /** How many accounts it has made, and may make. */
  uses: z.int().nonnegative(),
  maxUses: z.int().positive(),
  rooms: z.array(z.object({ id, name: z.string() })).max(maxRoomsPerInvite),
  /** Null for the operator. */
  madeBy: userViewSchema.nullable(),
  /** Where it was sent; null for a link that somebody hands on. */
  email: z.string().nullable(),
});
export type InviteView = z.infer<typeof inviteViewSchema>;

/** A bot of the caller's: an account without a password, which acts by keys. Its avatar's glyph is `bot`, wherever it shows. */
export const botViewSchema = z.object({ user: userViewSchema, createdAt: instant });
export type BotView = z.infer<typeof botViewSchema>;

/** A key of the caller's, or of a bot of theirs, without what makes it one. */
export const keyViewSchema = z.object({
  id,
  /** The bot's username; null for a key of the caller's own. */
  bot: z.string().nullable(),
  name: z.string(),
  scopes: z.array(z.enum(keyScopes)).max(keyScopes.length),
  /** The rooms that it is limited to; null for all of the caller's. */
  rooms: z.array(id).max(maxRoomsPerKey).nullable(),
  createdAt: instant,
  expiresAt: instant.nullable(),
  /** To the minute; null if it was never used. */
  lastUsedAt: instant.nullable(),
});
export type KeyView = z.infer<typeof keyViewSchema>;

/**
 * An address to which events are sent. `off`: somebody switched it off. `parked`: a delivery was not taken for a day. `stopped`: its room is
 * archived, whoever made it left the room or has no account any more, or its bot is gone; it goes on when that is over.
 */
export const webhookViewSchema = z.object({
  id,
  /** Null for one of a bot, which tells of all rooms that the bot is in. */
  roomId: id.nullable(),
  /** The bot's username; null for one of a room. */
  bot: z.string().nullable(),
  name: z.string(),
  url: z.string(),
  events: z.array(z.enum(webhookEventNames)).max(webhookEventNames.length),
  status: z.enum(['active', 'off', 'parked', 'stopped']),
  madeBy: userViewSchema,
  createdAt: instant,
  /** Since when it is parked; null if it is not. */
  parkedAt: instant.nullable(),
  /** Until when the secret before the last one signs too; null if there is none. */
  oldSecretUntil: instant.nullable(),
  /** How many events wait to be sent. */
  waiting: z.int().nonnegative(),
});
export type WebhookView = z.infer<typeof webhookViewSchema>;

/**
 * One event of a webhook, and how the last try to send it went. `parked`: it was not taken, and is not tried any more unless it is sent
 * again. `dropped`: it was never sent, because the webhook had stopped.
 */
export const deliveryViewSchema = z.object({
  /** What the receiver gets as `webhook-id`. */
  id,
  event: z.enum(webhookEventNames),
  roomId: id,
  /** When it happened. */
  createdAt: instant,
  status: z.enum(['waiting', 'delivered', 'parked', 'dropped']),
  /** Tries so far. */
  attempts: z.int().nonnegative(),
  /** The last try; null if there was none yet. */
  last: z
    .object({
      at: instant,
      durationMs: z.int().nonnegative(),
      /** Of HTTP; null where there was no answer. */
      status: z.int().nullable(),
      /** Why there was none, or why it does not count; null if it was taken. */
      error: z.string().nullable(),
      /** The beginning of the answer's body. */
      answer: z.string(),
    })
    .nullable(),
});
export type DeliveryView = z.infer<typeof deliveryViewSchema>;

/** An address by which a program writes into a room, without what makes it one. */
export const hookViewSchema = z.object({
  id,
  roomId: id,
  name: z.string(),
  /** As which its messages appear. */
  bot: userViewSchema,
  madeBy: userViewSchema,
  /** `stopped`: its room is archived, its bot was removed or is not in the room, or whoever made it left or has no account any more. */
  status: z.enum(['active', 'stopped']),
  createdAt: instant,
  /** To the minute; null if it was never used. */
  lastUsedAt: instant.nullable(),
});
export type HookView = z.infer<typeof hookViewSchema>;

export const roomVisibilitySchema = z.enum(['public', 'private', 'direct']);
export type RoomVisibility = z.infer<typeof roomVisibilitySchema>;

/** Who may stop a reply, have it written again, and choose which of its versions counts: whoever asked and moderators, or every member. */
export const replyControlSchema = z.enum(['asker', 'anyone']);
export type ReplyControl = z.infer<typeof replyControlSchema>;

export const roomViewSchema = z.object({
  id,
  /**
   * Empty for a direct room, whose title differs per viewer and is in {@link Mine}; that of a conversation of the chat surface has the
   * first words of the conversation.
   */
  name: z.string(),
  topic: z.string(),
  visibility: roomVisibilitySchema,
  memberCount: z.int().nonnegative(),
  archivedAt: instant.nullable(),
  /** Since when no character is asked anything in the room; absent where the AI is not paused. */
  aiPausedAt: instant.exactOptional(),
  /** `anyone`: every member may stop replies of others, have them written again and choose their versions. Absent: the asker and moderators. */
  replyControl: z.literal('anyone').exactOptional(),
  /** For how many days the room keeps its messages, where an owner chose that; absent: for as long as the server does. */
  retentionDays: z.int().positive().exactOptional(),
  /** The providers whose models may answer in the room, beside the built-in one; absent for all that the server has. */
  aiProviders: z.array(z.string().max(64)).max(maxRoomProviders).exactOptional(),
  /** What was said up to this seq was removed by its age; absent where nothing was. */
  historyFromSeq: seq.exactOptional(),
  createdAt: instant,
  rev,
  /**
   * How many notes the room has, and the rev of their last change: `notes.list` reads them. Absent where a process of an earlier version
   * made the view.
   */
  notes: z.object({ count: z.int().nonnegative(), rev }).exactOptional(),
});
export type RoomView = z.infer<typeof roomViewSchema>;

/** Something that the people of a room want kept. */
export const noteViewSchema = z.object({
  id,
  roomId: id,
  /** By which people name it in the room; no other note of the room ever has it. */
  number: z.int().positive(),
  /** Text without markup. */
  text: z.string(),
  /** Who wrote it first. */
  author: z.object({
    /** Null for one that a file brought: the author is then whom the file names, and nobody of this server. */
    id: id.nullable(),
    name: z.string(),
    /** Empty where a file names none. */
    handle: z.string(),
    avatar: avatarSchema,
  }),
  /** Who wrote it anew last; null if nobody did. */
  editor: userViewSchema.nullable(),
  /** The message that it was taken from; null if it was taken from none. */
  source: z.object({ messageId: id, seq, state: z.enum(['there', 'hiddenFromAi', 'deleted']) }).nullable(),
  /**
   * False if no character is told of it: its message was deleted or hidden from AI, and nobody has written the note anew since. A character that joined
   * after that message is not told of it either.
   */
  toldToAi: z.boolean(),
  createdAt: instant,
  updatedAt: instant,
  /** Its version: the room's rev at its last change. */
  rev,
});
export type NoteView = z.infer<typeof noteViewSchema>;

/** The part of a room that differs per viewer. Never inside a RoomEvent. */
export const mineSchema = z.object({
  role: roomRoleSchema,
  lastReadSeq: seq,
  /** The room's last seq when this was read. */
  lastSeq: seq,
  /** Messages after `lastReadSeq` that `countsAsUnread` counts, up to `maxUnread`. */
  unread: z.int().nonnegative(),
  mentions: z.int().nonnegative(),
  muted: z.boolean(),
  /** Until then the viewer may read but say nothing; absent if they are not silenced. */
  silencedUntil: instant.exactOptional(),
  /** Open reports of messages in the room, for its moderators, up to 99; absent for none. */
  reports: z.int().positive().exactOptional(),
  /** For a direct room, the name and avatar of the other side; null otherwise. In a conversation of the chat surface its first words follow the name. */
  direct: z.object({ type: z.enum(['user', 'character']), id, name: z.string(), avatar: avatarSchema }).nullable(),
});
export type Mine = z.infer<typeof mineSchema>;

export const memberViewSchema = z.object({
  user: userViewSchema,
  role: roomRoleSchema,
  joinedAt: instant,
  /** Until then the member may read but say nothing: a moderator's decision. A moment that is past means nothing any more. Absent: none. */
  silencedUntil: instant.exactOptional(),
  rev,
});
export type MemberView = z.infer<typeof memberViewSchema>;

/** An invitation of someone who left a room to join it again. Its name and who invites are all that they see of the room. */
export const roomInvitationSchema = z.object({ roomId: id, roomName: z.string(), invitedBy: userViewSchema, invitedAt: instant });
export type RoomInvitation = z.infer<typeof roomInvitationSchema>;

/**
 * When a character answers without being mentioned: never; every message of a person; those that name no character, taking turns with the
 * others of this kind; what it has something to say about.
 */
export const autoReplySchema = z.enum(['mention', 'always', 'turn', 'ambient']);
export type AutoReply = z.infer<typeof autoReplySchema>;

export const characterViewSchema = z.object({
  id,
  handle: z.string(),
  name: z.string(),
  tagline: z.string(),
  avatar: avatarSchema,
  model: z.string().nullable(),
});
export type CharacterView = z.infer<typeof characterViewSchema>;

/** A character as it is listed for one viewer. */
export const characterEntrySchema = z.object({
  character: characterViewSchema,
  /** True if the viewer made the character. */
  mine: z.boolean(),
});
export type CharacterEntry = z.infer<typeof characterEntrySchema>;

export const characterDetailsSchema = characterEntrySchema.extend({
  createdAt: instant,
  /** Another one whenever something of the character has changed, for whoever may change it; null for everyone else. */
  version: z.string().nullable(),
  /** The character's instructions, for its owner and admins, who may change them; null for everyone else. */
  settings: z
    .object({
      systemPrompt: z.string(),
      temperature: z.number().nullable(),
      greeting: z.string(),
      tools: z.array(z.enum(characterTools)).max(characterTools.length),
    })
    .nullable(),
});
export type CharacterDetails = z.infer<typeof characterDetailsSchema>;

export const roomCharacterViewSchema = z.object({ character: characterViewSchema, autoReply: autoReplySchema, joinedAt: instant, rev });
export type RoomCharacterView = z.infer<typeof roomCharacterViewSchema>;

export const replyStatusSchema = z.enum(['queued', 'streaming', 'complete', 'stopped', 'failed']);
export type ReplyStatus = z.infer<typeof replyStatusSchema>;

/** What called a character. */
export const replyTriggerSchema = z.object({
  /** `mention` for an `@handle`; `always`, `turn` or `ambient` where the character answers so in the room; or the name of a command. */
  kind: z.string().regex(/^[a-z][a-z0-9-]{0,31}$/),
  /** The message that called the character. */
  messageId: id,
});
export type ReplyTrigger = z.infer<typeof replyTriggerSchema>;

export const usageSchema = z.object({
  inputTokens: z.int().nonnegative(),
  /** Of the input, what the provider had kept from an earlier call; absent if none. */
  cachedTokens: z.int().positive().exactOptional(),
  outputTokens: z.int().nonnegative(),
});
export type Usage = z.infer<typeof usageSchema>;

/** An account or a character, with the name it had at that moment. */
const named = z.object({ id, name: z.string(), /** True for a bot; absent otherwise. */ bot: z.literal(true).exactOptional() });

/** What changed about a room itself. */
const roomChangeSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('renamed'), name: z.string() }),
  /** Empty if the topic was removed. */
  z.object({ type: z.literal('topic'), topic: z.string() }),
  z.object({ type: z.literal('visibility'), visibility: z.enum(['public', 'private']) }),
  z.object({ type: z.literal('replyControl'), replyControl: replyControlSchema }),
  z.object({ type: z.literal('archived') }),
  z.object({ type: z.literal('reopened') }),
  z.object({ type: z.literal('aiPaused') }),
  z.object({ type: z.literal('aiResumed') }),
  /** Null if the room keeps its messages for as long as the server does. */
  z.object({ type: z.literal('aiProviders'), providers: z.array(z.string().max(64)).max(maxRoomProviders).nullable() }),
  z.object({ type: z.literal('retention'), days: z.int().positive().nullable() }),
]);

/** What a system line says, as facts: `systemText` puts them into words. */
export const systemFactSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('joined'), actor: named }),
  z.object({ type: z.literal('left'), actor: named }),
  z.object({ type: z.literal('added'), actor: named, person: named }),
  z.object({ type: z.literal('removed'), actor: named, person: named }),
  z.object({ type: z.literal('role'), actor: named, person: named, role: roomRoleSchema }),
  /** At least one change; one call may make several. */
  z.object({ type: z.literal('room'), actor: named, changes: z.array(roomChangeSchema).min(1).max(8) }),
  z.object({ type: z.literal('characterAdded'), actor: named, character: named, autoReply: autoReplySchema }),
  z.object({ type: z.literal('characterHabit'), actor: named, character: named, autoReply: autoReplySchema }),
  /** What the character is told to be and do was changed. The text is for its owner alone, so the line does not have it. */
  z.object({
    type: z.literal('characterInstructed'),
    actor: named,
    character: named,
    /** Who was given the writing of its answers: a program outside of this server, which then reads what they need, or a model again. */
    handedTo: z.enum(['program', 'model']).exactOptional(),
  }),
  z.object({ type: z.literal('characterRemoved'), actor: named, character: named }),
  z.object({ type: z.literal('characterDeleted'), character: named }),
  /** What one message may set off is used up: characters named each other further. */
  z.object({ type: z.literal('charactersStopped') }),
  z.object({ type: z.literal('imported'), actor: named }),
]);
export type SystemFact = z.infer<typeof systemFactSchema>;

export const messageViewSchema = z.object({
  id,
  roomId: id,
  seq,
  rev,
  kind: z.enum(['text', 'reply', 'system']),
  author: z.object({
    type: z.enum(['user', 'character', 'system']),
    /** Null for `system` only. */
    id: id.nullable(),
    /** Name, handle and avatar as they were when the message was sent. */
    name: z.string(),
    handle: z.string(),
    avatar: avatarSchema,
    /** True if a file brought the message: the author is then whom the file names, and nobody of this server. Absent otherwise. */
    imported: z.literal(true).exactOptional(),
  }),
  /** Markdown. Empty while a reply is queued or streaming (the reassembler has its text), and in a message that is deleted or hidden. */
  content: z.string(),
  /** What a system line says; null for other messages, for lines from before facts were kept, and for imported lines. */
  system: systemFactSchema.nullable(),
  /** The command of a bot that this text is, which mentions the bot. Absent for all other messages. */
  botCommand: z
    .object({
      botId: id,
      /** Without the slash, in lower case. */
      name: z.string(),
      /** What stands after the name, trimmed. */
      args: z.string(),
    })
    .exactOptional(),
  /** Null unless `kind` is `reply`. */
  status: replyStatusSchema.nullable(),
  /** 0 unless `kind` is `reply`; a worker's claim makes it 1 or more. */
  attempt: z.int().nonnegative(),
  /** Id of the message this one answers. */
  replyTo: id.nullable(),
  /** The sender's own id for this message, by which the sender's page recognises it; null for replies and system lines. */
  clientId: id.nullable(),
  /** Ids of the users and characters mentioned. */
  mentions: z.array(id).max(maxMentionsPerMessage),
  reactions: z
    .array(z.object({ emoji: z.string(), userIds: z.array(id).max(maxReactorsPerMessage), count: z.int().positive() }))
    .max(maxReactionsPerMessage),
  createdAt: instant,
  editedAt: instant.nullable(),
  deletedAt: instant.nullable(),
  pinnedAt: instant.nullable(),
  /** True for one that no character is told of; absent otherwise. */
  hiddenFromAi: z.literal(true).exactOptional(),
  /** True for one whose text a moderator, or this server's moderation, keeps from everybody; absent otherwise. */
  hidden: z.literal(true).exactOptional(),
  reply: z
    .object({
      /** User id of the person who asked. */
      askedBy: id,
      trigger: replyTriggerSchema,
      /** `provider:model`; null until a worker claims the reply. */
      model: z.string().nullable(),
      startedAt: instant.nullable(),
      finishedAt: instant.nullable(),
      /** User id of the person who stopped the reply. */
      stoppedBy: id.nullable(),
      usage: usageSchema.nullable(),
      /** The tools that the answer called, in order; absent for none. */
      tools: z
        .array(toolCallViewSchema)
        .max(maxToolSteps * maxCallsPerStep)
        .exactOptional(),
      /** The attempt whose text this is, where somebody chose an earlier version; absent where it is that of `attempt`. */
      chosen: z.int().positive().exactOptional(),
      /** How whoever had it written again wished it, in their words; absent for none. */
      instruction: z.string().max(maxInstructionLength).exactOptional(),
    })
    .nullable(),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
});
export type MessageView = z.infer<typeof messageViewSchema>;

/** A text of a reply that was written again, other than the one that it shows. */
export const replyVersionSchema = z.object({
  attempt: z.int().nonnegative(),
  content: z.string(),
  status: z.enum(['complete', 'stopped', 'failed']),
  /** `provider:model`; null when it is not known. */
  model: z.string().nullable(),
  usage: usageSchema.nullable(),
  finishedAt: instant,
  /** How whoever had it written wished it; absent for none. */
  instruction: z.string().max(maxInstructionLength).exactOptional(),
});
export type ReplyVersion = z.infer<typeof replyVersionSchema>;
