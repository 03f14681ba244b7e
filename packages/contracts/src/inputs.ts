import { z } from 'zod';
import { isTimeZone } from './time-zone.js';
import * as limits from './limits.js';
import { agentModel, isModelName, maxModelNameLength } from './model-names.js';
import { sentText } from './markdown/sent-text.js';
import {
  commandNameSchema,
  displayNameSchema,
  emojiSchema,
  glyphSchema,
  lineSchema,
  nameSchema,
  noteTextSchema,
  roomNameSchema,
  textSchema as text,
  topicSchema,
  usernameSchema,
} from './names.js';
import { blockedWordActions } from './moderation-words.js';
import { reportOutcomes, reportReasons } from './reports.js';
import { keyScopes } from './key-scopes.js';
import { webhookEventNames } from './webhook-events.js';
import { characterTools, toolAnswers } from './tools.js';
import { autoReplySchema, avatarSchema, replyControlSchema, roomRoleSchema } from './views.js';

/**
 * Inputs of the procedures, each by its procedure's name: `roomsSetRoleInput` is that of `rooms.setRole`. Procedures without an input
 * are not here.
 */

/**
 * An id that comes from outside. UUIDs are the same in upper case and in lower (RFC 9562, section 4), but our maps and subjects compare
 * text: in lower case, as the database writes them, each thing has one id.
 */
export const idSchema = z.uuid().toLowerCase();

const roomId = idSchema;
const messageId = idSchema;
const seq = z.int().nonnegative().max(2_147_483_647);

/** A username that someone looks up: an account may have it or not. */
const wantedUsername = text.trim().toLowerCase().max(200);
const username = wantedUsername.min(1);

const absent = z.undefined().optional();

const password = z.string().min(limits.minPasswordLength).max(limits.maxPasswordLength);
const transport = z.enum(['cookie', 'token']).default('token');

/** Stored as it was sent; refused if `sentText`, which decides what the page sends, leaves nothing of it. */
const content = text
  .refine((value) => sentText(value) !== '', { message: 'MESSAGE_EMPTY' })
  .refine((value) => value.length <= limits.maxMessageBytes && limits.utf8Bytes(value) <= limits.maxMessageBytes, {
    message: 'MESSAGE_TOO_LARGE',
  });

/** A greeting that would show nothing is none. */
const orNothing = (value: string): string => (sentText(value) === '' ? '' : value);

// --- auth

export const authRegisterInput = z.object({
  username: usernameSchema,
  password,
  displayName: displayNameSchema.optional(),
  /** Needed when REGISTRATION=invite. */
  invite: z.string().max(200).optional(),
  transport,
});
export const authLoginInput = z.object({
  username: wantedUsername,
  password: z.string().max(limits.maxPasswordLength),
  transport,
});
/** Without `refreshToken` the API reads the cookie. */
export const authRefreshInput = z.object({ refreshToken: z.string().max(200).optional() }).default({});
/** Any text, because what is asked is whether it is one. */
export const authValidateInput = z.object({ token: z.string().max(4096) });
export const authLogoutInput = z.object({ everywhere: z.boolean().default(false) }).default({ everywhere: false });
export const authChangePasswordInput = z.object({ currentPassword: z.string().max(limits.maxPasswordLength), newPassword: password });

/** The second step of a sign-in: `step` of the error SECOND_STEP, and a code of the app or a recovery code. */
export const authCodeInput = z.object({ step: z.string().max(2_000), code: text.trim().min(1).max(40), transport });
/** The code of a link to set a password anew, and the password. */
export const authResetInput = z.object({ code: z.string().max(200), password });
/** What an invitation leads to. */
export const authInviteInput = z.object({ invite: z.string().max(200) });

// --- passkeys and second steps

/** Asked of an account that has a password; one without must have signed in a moment ago. */
const ownPassword = { password: z.string().max(limits.maxPasswordLength).optional() };
const base64url = z
  .string()
  .max(10_000)
  .regex(/^[\w-]*$/);
const credentialId = z
  .string()
  .min(1)
  .max(1_400)
  .regex(/^[\w-]+$/);
const passkeyName = nameSchema.max(limits.maxPasskeyNameLength);
const device = { id: credentialId, rawId: credentialId, type: z.literal('public-key') };
/** A device's answer to `passkeys.begin`, as RegistrationResponseJSON of WebAuthn has it. */
const passkeyAnswerSchema = z.object({
  ...device,
  response: z.object({
    clientDataJSON: base64url,
    attestationObject: base64url,
    transports: z.array(z.string().max(20)).max(20).optional(),
  }),
});
export type PasskeyAnswer = z.infer<typeof passkeyAnswerSchema>;
/** A device's answer to `passkeys.request`, as AuthenticationResponseJSON of WebAuthn has it. */
const passkeyProofSchema = z.object({
  ...device,
  response: z.object({ clientDataJSON: base64url, authenticatorData: base64url, signature: base64url, userHandle: base64url.optional() }),
});
export type PasskeyProof = z.infer<typeof passkeyProofSchema>;
export const passkeysBeginInput = z.object(ownPassword);
export const passkeysAddInput = z.object({ name: passkeyName, answer: passkeyAnswerSchema });
export const passkeysRenameInput = z.object({ passkey: credentialId, name: passkeyName });
export const passkeysRemoveInput = z.object({ passkey: credentialId });
export const passkeysSignInInput = z.object({ proof: passkeyProofSchema, transport });
export const secondStepBeginInput = z.object(ownPassword);
export const secondStepConfirmInput = z.object({ code: text.trim().min(1).max(20) });
export const secondStepRemoveInput = z.object(ownPassword);
export const secondStepRenewCodesInput = z.object(ownPassword);

// --- invitations to the server

export const emailSchema = text.trim().max(limits.maxEmailLength).pipe(z.email());
export const invitesCreateInput = z.object({
  /** How many accounts it may make. */
  uses: z.int().min(1).max(limits.maxInviteUses).default(1),
  /** How long it is good. */
  days: z.int().min(1).max(limits.maxInviteDays).default(7),
  /** Rooms that whoever uses it enters; rooms that the caller may add people to. */
  rooms: z
    .array(roomId)
    .max(limits.maxRoomsPerInvite)
    .default([])
    .transform((rooms) => [...new Set(rooms)]),
});
export const invitesRevokeInput = z.object({ inviteId: idSchema });

// --- sessions

/** A sign-in of the caller's. */
export const sessionsEndInput = z.object({ sessionId: idSchema });

// --- users

/** An empty query finds everyone, for those who want to see whom they could talk to. */
export const usersSearchInput = z.object({
  query: text.trim().max(100).default(''),
  limit: z.int().min(1).max(limits.maxSearchResults).default(20),
});
export const usersUpdateProfileInput = z.object({
  displayName: displayNameSchema.optional(),
  hue: z.int().min(0).max(359).optional(),
});
/** The account that an admin disables or enables. */
export const usersAccountInput = z.object({ username });
/** What becomes of the messages of an account that is removed. */
const removedMessages = z.enum(['keep', 'remove']).default('keep');
/** Asks for the password once more, because there is no way back. An account without one has none to give. */
export const usersRemoveAccountInput = z.object({
  password: z.string().max(limits.maxPasswordLength).optional(),
  messages: removedMessages,
});
export const usersRemovePersonInput = z.object({ username, messages: removedMessages });
export const holdsPlaceInput = z
  .object({
    /** Whose everything is kept; or a room. */
    username: username.optional(),
    roomId: idSchema.optional(),
    reason: text.trim().min(1).max(500),
  })
  .refine(({ username: person, roomId: room }) => (person === undefined) !== (room === undefined), {
    message: 'give the username of a person or the roomId of a room',
    path: ['username'],
  });
export const holdsLiftInput = z.object({ holdId: idSchema });

// --- keys

/** A key of the caller's. It does what its scopes allow of what the caller may do, in these rooms or in all of them. */
export const keysCreateInput = z.object({
  /** A bot of the caller's, whose key it becomes. */
  bot: username.optional(),
  name: nameSchema.max(limits.maxKeyNameLength),
  scopes: z
    .array(z.enum(keyScopes))
    .min(1)
    .max(keyScopes.length)
    .transform((scopes) => [...new Set(scopes)]),
  rooms: z
    .array(roomId)
    .min(1)
    .max(limits.maxRoomsPerKey)
    .transform((rooms) => [...new Set(rooms)])
    .optional(),
  /** A moment to come; without one the key is good until it is revoked. */
  expiresAt: z.iso.datetime({ offset: true }).optional(),
});
export const keysRevokeInput = z.object({ keyId: idSchema });

// --- bots

export const botsCreateInput = z.object({ username: usernameSchema, displayName: displayNameSchema.optional() });
/** A bot of the caller's. */
export const botInput = z.object({ username });
/** A command of a bot, as its program states it. */
export const botCommandSchema = z.object({
  name: commandNameSchema,
  /** What it does, in a few words. */
  help: nameSchema.max(limits.maxCommandHelpLength),
  /** What stands after the name, as help shows it: `[a]` optional, `|` either. */
  arguments: lineSchema
    .max(limits.maxCommandArgsLength)
    .regex(/^[^`]*$/, 'must have no backtick')
    .default(''),
});
export type BotCommand = z.infer<typeof botCommandSchema>;
/** All of the bot's commands, which replace those that it had. */
export const botsSetCommandsInput = z.object({
  commands: z
    .array(botCommandSchema)
    .max(limits.maxCommandsPerBot)
    .refine((commands) => new Set(commands.map(({ name }) => name)).size === commands.length, 'must have each name once'),
});

// --- webhooks and hooks

/** Whether it may be called is decided where it is resolved. */
const hookUrl = z.url({ protocol: /^https?$/ }).max(limits.maxUrlLength);
const webhookEvents = z
  .array(z.enum(webhookEventNames))
  .min(1)
  .max(webhookEventNames.length)
  .transform((events) => [...new Set(events)]);
const hookName = nameSchema.max(limits.maxHookNameLength);
const webhookId = idSchema;
/** Without a name it has the one of the address's host. */
const webhookFields = { url: hookUrl, events: webhookEvents, name: hookName.optional() } as const;
export const webhooksCreateInput = z.object({ roomId, ...webhookFields });
/** For a bot of the caller's. */
export const webhooksCreateForBotInput = z.object({ username, ...webhookFields });
export const webhookIdInput = z.object({ webhookId });
export const webhooksUpdateInput = z.object({
  webhookId,
  url: hookUrl.optional(),
  events: webhookEvents.optional(),
  name: hookName.optional(),
  /** Switching a parked one on has it go on after the delivery that was not taken. */
  active: z.boolean().optional(),
});
export const webhooksResendInput = z.object({ webhookId, deliveryId: idSchema });
export const hooksCreateInput = z.object({
  roomId,
  name: hookName,
  /** A bot of the caller's, as which it writes. A key has to name one. @default one that is made for it */
  bot: username.optional(),
});
export const hooksRemoveInput = z.object({ roomId, hookId: idSchema });

// --- rooms; a procedure that needs only the room takes `roomIdInput`

/** Programs of earlier versions ask for the scope `public` here, for which there is `rooms.browse`; our types do not offer that scope any more. */
export const roomsListInput = z.object({ scope: z.enum(['joined', 'public']).default('joined') }).prefault({}) as z.ZodType as z.ZodType<
  { scope: 'joined' | 'public' },
  { scope?: 'joined' } | undefined
>;
export const roomsCreateInput = z.object({
  name: roomNameSchema,
  topic: topicSchema.default(''),
  visibility: z.enum(['public', 'private']).default('public'),
});
/** Versions that the caller knows: what is no longer one of them is left as it is. */
const ifVersion = z.array(z.string().max(64)).min(1).max(10).optional();
/** Days after which messages are removed. */
export const retentionDaysSchema = z.int().min(1).max(limits.maxRetentionDays);
export const roomsUpdateInput = z.object({
  roomId,
  /** Of the room: its `rev`, as text. */
  ifVersion,
  name: roomNameSchema.optional(),
  topic: topicSchema.optional(),
  visibility: z.enum(['public', 'private']).optional(),
  /** Who may stop replies, have them written again and choose their versions. */
  replyControl: replyControlSchema.optional(),
  /** For how many days messages are kept; null: for as long as the server keeps them. */
  retentionDays: retentionDaysSchema.nullable().optional(),
  /**
   * Names of providers whose models may answer in the room, and `agent` for programs that write a character's answers; null for all that the server
   * has. The built-in model always may.
   */
  aiProviders: z
    .array(z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, 'write the name of a provider, such as openai'))
    .max(limits.maxRoomProviders)
    .transform((names) => [...new Set(names)].toSorted())
    .nullable()
    .optional(),
});
export const roomsDirectInput = z.union(
  [z.object({ characterId: idSchema }), z.object({ username: wantedUsername })],
  'give the username of a person or the characterId of a character',
);
export const roomIdInput = z.object({ roomId });
export const roomsMemberInput = z.object({ roomId, username });
/** At most one of `after`, `query` and `ids`; none asks for the first page. */
export const roomsMembersInput = z
  .object({
    roomId,
    /** The `nextMembers` of `rooms.get`, or the `next` of the page before. */
    after: z.string().max(200).optional(),
    /** Only members whose username or name begins so, or a word of it. */
    query: text.trim().min(1).max(100).optional(),
    /** Only these people, as far as they are members. */
    ids: z.array(idSchema).min(1).max(limits.maxMembersPerPage).optional(),
    limit: z.int().min(1).max(limits.maxMembersPerPage).default(limits.maxMembersPerPage),
  })
  .refine(
    ({ after, query, ids }) => [after, query, ids].filter((value) => value !== undefined).length <= 1,
    'give at most one of after, query and ids',
  );
/** All of the room's blocked words, which replace those that it had. */
export const roomsSetWordsInput = z.object({
  roomId,
  words: z
    .array(text.trim().min(1).max(limits.maxBlockedWordLength))
    .max(limits.maxBlockedWords)
    .transform((words) => [...new Set(words)]),
  action: z.enum(blockedWordActions).default('refuse'),
});
/** Zero minutes end it. */
export const roomsSilenceInput = z.object({ roomId, username, forMinutes: z.int().min(0).max(limits.maxSilenceMinutes) });
export const roomsSetRoleInput = z.object({ roomId, username, role: roomRoleSchema });
export const roomsArchiveInput = z.object({ roomId, archived: z.boolean().default(true) });
export const roomsPauseAiInput = z.object({ roomId, paused: z.boolean().default(true) });
export const roomsSetMuteInput = z.object({ roomId, muted: z.boolean() });
export const roomsMarkReadInput = z.object({ roomId, seq });
export const roomsAddCharacterInput = z.object({ roomId, characterId: idSchema, autoReply: autoReplySchema.default('mention') });
export const roomsRemoveCharacterInput = z.object({ roomId, characterId: idSchema });
export const roomsEventsInput = z.object({
  roomId,
  /** Resume after this rev. */
  after: z.int().nonnegative().optional(),
  /** Set by tRPC's client on reconnect; wins over `after`. */
  lastEventId: z.string().max(200).nullish(),
});

// --- characters

const avatar = avatarSchema.extend({ glyph: glyphSchema.nullable() });

const characterFields = {
  handle: usernameSchema,
  name: displayNameSchema,
  tagline: lineSchema.max(limits.maxTaglineLength).default(''),
  avatar: avatar.optional(),
  systemPrompt: text.max(limits.maxSystemPromptLength),
  /** `provider:model`, or `agent` if a program of the maker's writes its answers; null for the instance's default. */
  model: z
    .string()
    .refine((name) => name === agentModel || isModelName(name), 'write provider:model, or agent')
    .nullable()
    .default(null),
  temperature: z.number().min(0).max(2).nullable().default(null),
  /** Posted when the character joins a room; empty for none. */
  greeting: text.max(limits.maxGreetingLength).overwrite(orNothing).default(''),
  /** The tools of this server that it may call. */
  tools: z.array(z.enum(characterTools)).max(characterTools.length).default([]),
} as const;
export const charactersCreateInput = z.object(characterFields);
export const characterIdInput = z.object({ characterId: idSchema });
export const charactersUpdateInput = z.object({
  characterId: idSchema,
  ifVersion,
  name: characterFields.name.optional(),
  tagline: lineSchema.max(limits.maxTaglineLength).optional(),
  avatar: avatar.optional(),
  systemPrompt: characterFields.systemPrompt.optional(),
  model: characterFields.model.unwrap().optional(),
  temperature: z.number().min(0).max(2).nullable().optional(),
  greeting: text.max(limits.maxGreetingLength).overwrite(orNothing).optional(),
  tools: characterFields.tools.unwrap().optional(),
});

/** Of `card`, the card as JSON, and `png`, a picture with one in it, in base64, exactly one is given. */
export const charactersImportCardInput = z.object({
  card: z.record(z.string(), z.unknown()).optional(),
  png: z.base64().max(2_000_000).optional(),
  handle: usernameSchema.optional(),
});
export const charactersExportCardInput = z.object({ characterId: idSchema, format: z.enum(['json', 'png']).default('json') });

// --- MCP servers

const mcpServerFields = {
  name: nameSchema.max(limits.maxMcpServerNameLength),
  url: hookUrl,
  command: z.string().min(1).max(limits.maxMcpServerNameLength),
  /** A header that is sent with each call, such as `Authorization`. Nobody is shown its value again. */
  header: z.object({
    name: z
      .string()
      .regex(/^[A-Za-z][A-Za-z0-9-]{0,63}$/, 'write a name of letters, digits and -')
      .refine((name) => !/^(?:host|connection|content-.*|transfer-encoding|accept|mcp-.*|cookie)$/i.test(name), 'choose another header'),
    value: z
      .string()
      .trim()
      .min(1)
      .max(limits.maxSecretHeaderLength)
      .regex(/^[\x20-\x7e]*$/, 'write letters, digits and signs of ASCII'),
  }),
} as const;
/** Of `url` and `command`, exactly one is given; only a server with a `url` is sent a `header`. */
export const mcpServersCreateInput = z.object({
  name: mcpServerFields.name,
  url: mcpServerFields.url.optional(),
  command: mcpServerFields.command.optional(),
  header: mcpServerFields.header.optional(),
  trusted: z.boolean().default(false),
});
export const mcpServerIdInput = z.object({ serverId: idSchema });
export const mcpServersUpdateInput = z.object({
  serverId: idSchema,
  name: mcpServerFields.name.optional(),
  /** Of a server with a URL. Where the address leads to another host, the secret has to be given again. */
  url: mcpServerFields.url.optional(),
  /** Null: none is sent any more. */
  header: mcpServerFields.header.nullable().optional(),
  trusted: z.boolean().optional(),
});
export const mcpServersAttachInput = z.object({
  characterId: idSchema,
  /** All that the character has from then on. */
  servers: z
    .array(
      z.object({
        serverId: idSchema,
        /** Names of its tools. @default all of them */
        tools: z.array(text.min(1).max(limits.maxMcpToolNameLength)).max(limits.maxMcpTools).nullable().default(null),
      }),
    )
    .max(limits.maxMcpServersPerCharacter)
    .refine((servers) => new Set(servers.map(({ serverId }) => serverId)).size === servers.length, 'name each server once'),
});

// --- agents, which write the answers of characters

/** Milliseconds that a call may wait for something to happen. */
const wait = z.int().min(0).max(limits.maxAgentWaitMs).default(0);
const attempt = z.int().min(1).max(2_147_483_647);
const task = { taskId: idSchema, attempt } as const;
/** No longer than a whole answer. What cannot be stored is replaced, sign by sign, so that all offsets stay. */
const answerText = z.string().max(limits.maxReplyBytes);
const offset = z.int().min(0).max(limits.maxReplyBytes);

/** The handle of the character, with `@` or without. */
export const agentsNextInput = z.object({ handle: wantedUsername.min(1), wait });
/** Text that begins at `offset`, in UTF-16 units of the answer; an empty text only keeps the task. */
export const agentsWriteInput = z.object({ ...task, offset, text: answerText, wait });
export const agentsDoneInput = z.object({
  ...task,
  /** The whole answer. Without it, what was written is the answer. */
  text: answerText.optional(),
  /** How long the text that was written is, where `text` is left out: the call fails if not all of it is here. */
  length: offset.optional(),
  /** True if the answer ends early, because somebody wants it stopped. */
  stopped: z.boolean().default(false),
  /** What the answer cost, to be shown with it; it counts for nobody. @default nothing */
  usage: z
    .object({ inputTokens: z.int().min(0).max(limits.maxAgentTokens), outputTokens: z.int().min(0).max(limits.maxAgentTokens) })
    .optional(),
});
export const agentsFailInput = z.object({
  ...task,
  /** What went wrong, for everyone who reads the room. */
  message: lineSchema.min(1).max(limits.maxAgentFailureLength),
  /** True if another attempt may succeed: it follows if nothing was written yet, and not too many failed before. */
  retry: z.boolean().default(false),
});

// --- messages and replies; a procedure that needs only the message takes `messageIdInput`

export const messagesListInput = z
  .object({
    roomId,
    before: seq.optional(),
    after: seq.optional(),
    around: seq.optional(),
    limit: z.int().min(1).max(limits.maxPageSize).default(50),
  })
  .refine(
    ({ before, after, around }) => [before, after, around].filter((value) => value !== undefined).length <= 1,
    'give at most one of before, after and around',
  );
export const messagesSendInput = z.object({
  roomId,
  clientId: idSchema,
  content,
  replyTo: messageId.nullish(),
  /**
   * The sender's time zone, a name of the IANA database: the day of a command that asks for today. A zone that this process does not know,
   * because a browser is newer, counts as none: no message is refused for it. @default UTC
   */
  timeZone: z.string().max(64).refine(isTimeZone).optional().catch(undefined),
  /** True for a text of others that a program passes on: it is read as no command, and calls and mentions nobody. @default false */
  plain: z.boolean().optional(),
});
export const messageIdInput = z.object({ messageId });
/** The latest attempt that has a receipt, unless one is named. */
export const repliesReceiptInput = z.object({ messageId, attempt: attempt.optional() });
export const repliesRegenerateInput = z.object({
  messageId,
  /** `provider:model` that writes this attempt. @default the one that the character has, or that was chosen when it was asked */
  model: z.string().refine(isModelName, 'write provider:model').optional(),
  /** How it is to be written, in the caller’s words: “shorter”. The model is shown the text there is, and these words as theirs. */
  instruction: text
    .trim()
    .min(1)
    .max(limits.maxInstructionLength)
    .refine((words) => sentText(words) !== '', 'write how it is to be')
    .optional(),
});
/** What the caller says to a call of a tool that waits for them. */
export const repliesAllowInput = z.object({
  /** Of the message, or of the private reply. */
  messageId,
  /** The attempt that wants to make the call. @default the one that waits */
  attempt: attempt.optional(),
  callId: z.string().min(1).max(64),
  answer: z.enum(toolAnswers),
});
/** What was allowed always, by its id in `replies.permissions`. */
export const repliesForbidInput = z.object({ id: idSchema });
/** The version that counts: the attempt that wrote it. */
export const repliesChooseInput = z.object({ messageId, attempt });
export const messagesEditInput = z.object({ messageId, content });
export const messagesReactInput = z.object({
  messageId,
  emoji: emojiSchema,
  on: z.boolean(),
});
/** A new note, or with `noteId` a new text of one. */
export const notesSaveInput = z.object({
  roomId,
  noteId: idSchema.optional(),
  text: noteTextSchema,
  /** The message of the room that a new note is taken from. */
  messageId: messageId.nullish(),
  /** The `rev` of the note as the caller read it, for a new text of one: a note that was changed since stays as it is. */
  version: z.int().nonnegative().optional(),
});
export const notesRemoveInput = z.object({
  roomId,
  noteId: idSchema,
  /** The `rev` of the note as the caller read it: a note that was changed since stays. */
  version: z.int().nonnegative().optional(),
});
export const messagesHideInput = z.object({ messageId, on: z.boolean().default(true) });
export const reportsCreateInput = z.object({
  messageId,
  reason: z.enum(reportReasons),
  note: text.trim().max(limits.maxReportNoteLength).default(''),
  /** Also show it to the admins of the instance, where the room is not public. Those of one-to-one rooms go to them anyway. */
  toAdmins: z.boolean().default(false),
});
const reportsPage = {
  state: z.enum(['open', 'resolved']).default('open'),
  /** The `next` of the page before. */
  after: idSchema.optional(),
};
export const reportsListInput = z.object({ roomId, ...reportsPage });
export const reportsListAllInput = z.object(reportsPage).prefault({});
export const reportsResolveInput = z.object({
  reportId: idSchema,
  outcome: z.enum(reportOutcomes),
  /** For `silenced`. @default an hour */
  forMinutes: z.int().min(1).max(limits.maxSilenceMinutes).default(60),
});
export const messagesPinInput = z.object({ messageId, on: z.boolean() });
export const messagesHideFromAiInput = z.object({ messageId, on: z.boolean() });
export const messagesSearchInput = z.object({
  query: text.trim().min(1).max(200),
  roomId: roomId.optional(),
  /** The `next` of the page before this one. */
  before: z.string().max(200).optional(),
  limit: z.int().min(1).max(limits.maxSearchResults).default(20),
});

// --- characters as models

/** The handle of a character. One that no character can have is no input that is wrong, but a model that is not there. */
const model = text.max(200);
export const modelsGetInput = z.object({ model });
export const modelsCompleteInput = z.object({
  model,
  /** In order. What `system` says follows the character's own instructions, wherever it stands. */
  messages: z
    .array(z.object({ role: z.enum(['system', 'user', 'assistant']), content: text }))
    .min(1)
    .max(limits.maxCompletionMessages),
  /** The character's own where it is not given. */
  temperature: z.number().min(0).max(2).nullish(),
  /** The most tokens of the answer, below what the server allows. */
  maxTokens: z.int().min(1).max(1_000_000_000).nullish(),
  /** The answer ends before the first of these. */
  stop: z.array(text.min(1).max(limits.maxStopLength)).max(limits.maxStops).default([]),
  /** False: the text comes in one piece, once it is whole. */
  stream: z.boolean().default(true),
});

// --- conversations of programs: the names of fields are those of their protocol

/** A program's own name for a conversation with a character. */
export const sessionIdSchema = text.min(1).max(limits.maxSessionIdLength);
/** The caller, by id or username, for programs that say whom they speak for. */
export const callerIdSchema = z.string().max(200);
export const chatSendInput = z.object({
  session_id: sessionIdSchema,
  message: content,
  user_id: callerIdSchema.nullish(),
  /** Id or handle of the character. @default the one of the conversation; Ada in a new one */
  character_id: z.string().trim().toLowerCase().min(1).max(64).nullish(),
  ai_provider: z
    .string()
    .regex(/^[a-z][a-z-]{0,31}$/, 'write the name of a provider')
    .nullish(),
  /** With or without its provider before it. */
  model: z.string().min(1).max(maxModelNameLength).nullish(),
  clientId: idSchema,
});

// --- streams of events

/**
 * A ticket for the events of a room, or of a conversation of the chat surface; without either, for those of the caller's inbox. With `once`,
 * a ticket for one WebSocket at `/ws`, of this room or without one of any, to be opened within 30 seconds.
 */
export const streamTicketsCreateInput = z
  .union(
    [
      z.object({ roomId: roomId.optional(), once: z.boolean().default(false), sessionId: absent }),
      z.object({ sessionId: sessionIdSchema, roomId: absent, once: absent }),
    ],
    'give a roomId, once, or a sessionId alone',
  )
  .prefault({});

// --- inbox and presence

export const inboxEventsInput = z.object({ lastEventId: z.string().max(200).nullish() }).default({});
export const inboxDismissInput = z.object({ id: idSchema });
export const presenceTypingInput = z.object({ roomId, typing: z.boolean() });
