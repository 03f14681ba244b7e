/** Sizes and counts that both sides of the wire agree on. Everything an operator may tune lives in an app's `env.ts` instead. */

/** The longest message a person may send, in bytes of UTF-8. */
export const maxMessageBytes = 32 * 1024;
/** The longest answer a character may give, in bytes of UTF-8; the worker stops the model there and says so. */
export const maxReplyBytes = 256 * 1024;
/** The longest private reply, in bytes of UTF-8. Shorter than a reply in a room, because the whole text travels each time it grows. */
export const maxPrivateReplyBytes = 64 * 1024;
/** The most messages one page of history holds. */
export const maxPageSize = 100;
/** The most results that one page of a search holds, of messages or of people. */
export const maxSearchResults = 50;
/** The most calls in one batch over HTTP: `maxItems` of tRPC's batching links. */
export const maxCallsPerBatch = 20;
/** How many characters one message may call at once. */
export const maxRepliesPerMessage = 5;
/** How many replies one message of a person may cause in all, with those that replies call for: each may cost tokens. */
export const maxCallsPerMessage = 10;
/** The most rooms that a catch-up reads, and of each the most messages, the newest: together as many as a receipt names. */
export const maxCatchUpRooms = 20;
export const maxCatchUpMessages = 100;
/** The most distinct emoji on one message. */
export const maxReactionsPerMessage = 20;
/** The most reactions on one message, of all people and emoji together: all their ids travel with the message, and a page has 100. */
export const maxReactorsPerMessage = 1_000;

/** The most members that `rooms.get` and one page of `rooms.members` hold. */
export const maxMembersPerPage = 100;
/** The most members that the file of a room names; its `memberCount` says how many there are. */
export const maxMembersInFile = 10_000;
/** The most of one's own rooms that a list holds: those joined last. */
export const maxListedRooms = 1_000;
/** The most conversations of the chat surface that a list of one's own rooms holds: those made last. */
export const maxListedSessions = 20;
/** The longest name that a program gives a conversation of the chat surface, in UTF-16 units. */
export const maxSessionIdLength = 128;
/** The longest that a member is silenced: a year. */
export const maxSilenceMinutes = 525_600;
/** The most banned people that are listed of a room: the latest. */
export const maxListedBans = 500;
/** In characters: what a member says of a message to those who look after the room. */
export const maxReportNoteLength = 500;
/** Blocked words of a room, and of the instance. */
export const maxBlockedWords = 500;
/** In characters, of one of them. */
export const maxBlockedWordLength = 60;
/** Providers that a room names, whether this server has them or not. */
export const maxRoomProviders = 30;
/** Reports may have two texts of 32 kB each. */
export const maxReportsPerPage = 20;
/** The most invitations that are listed for a person: the oldest. */
export const maxListedInvitations = 100;
/** The most public rooms that are listed: the largest. */
export const maxBrowsedRooms = 500;
/** The most characters that a list of all holds. */
export const maxListedCharacters = 500;
/** The most models of one provider that are listed. */
export const maxListedModels = 500;
/** The most commands that are listed of a room: ours, then those of its bots. */
export const maxListedCommands = 200;
/** The most pins that are listed of a room. */
export const maxListedPins = 100;
/** How many notes a room may have: all of them are listed at once. */
export const maxNotesPerRoom = 100;
/** The most earlier texts that are listed of a reply. */
export const maxListedVersions = 10;
/** The most private replies that an inbox starts with. */
export const maxListedPrivateReplies = 20;
/** The most people and characters whom one message mentions; further mentions are text like any other. */
export const maxMentionsPerMessage = 50;
/** The most people that a room names as online; of more it tells the number. */
export const maxNamedOnline = 100;
/** The most answers under way or waiting that a room lists; of more it tells the number. */
export const maxListedQueue = 20;
/** The most people that a room names as writing. */
export const maxNamedTyping = 50;

/** How many characters one person may have made, not counting those they deleted. */
export const maxCharactersPerOwner = 50;
/** How many bots one person may have. */
export const maxBotsPerOwner = 20;
/** How many commands one bot may have. */
export const maxCommandsPerBot = 25;
/** How many keys one account may have that are good. */
export const maxKeysPerAccount = 50;
/** How many webhooks a room or a bot may have, and how many hooks a room. */
export const maxHooks = 20;
/** How many webhooks hear of what happens in one room: its own, then those of its bots, the oldest first. Each costs whoever writes there. */
export const maxHeardWebhooks = 100;
/** How many deliveries of a webhook are kept, the last ones. */
export const maxKeptDeliveries = 50;
/** How much of the answer to a delivery is kept, in UTF-16 units. */
export const maxKeptAnswer = 1_024;
/** The most characters of the sentence by which a moderation webhook refuses a message. */
export const maxModerationSentence = 300;
/** How many events of a room wait for a webhook at most: those that happen while so many wait are not told. */
export const maxWaitingDeliveries = 10_000;
/** The most bytes of a request to a hook. */
export const maxHookBytes = 64 * 1024;
/** How many passkeys an account may have. */
export const maxPasskeysPerAccount = 20;
/** How many recovery codes an account is given at once. */
export const maxRecoveryCodes = 10;
/** The most invitations that are listed: the newest. */
export const maxListedInvites = 200;
/** How many accounts one invitation may make. */
export const maxInviteUses = 10_000;
/** How long an invitation may be good, in days. */
export const maxInviteDays = 365;
/** How many rooms an invitation may lead to. */
export const maxRoomsPerInvite = 20;
/** How many sign-ins of companies a server may offer. */
export const maxProviders = 20;
/** The most sign-ins that are listed of an account: those used last. */
export const maxListedSignIns = 100;
/** How many rooms a key may name that it is limited to. */
export const maxRoomsPerKey = 100;
/** How many characters may be in one room. */
export const maxCharactersPerRoom = 20;

/** How many messages a call of a character as a model may give. */
export const maxCompletionMessages = 2_000;
/** How many texts such a call may name that end the answer. */
export const maxStops = 4;
/** How long one call of an agent may wait, in milliseconds: below the time after which proxies give a request up. */
export const maxAgentWaitMs = 30_000;
/** The most tokens, of each kind, that an agent may say one answer cost. */
export const maxAgentTokens = 1_000_000;
/** The most turns of a conversation that a task holds: each joins all that one side said in a row. */
export const maxTaskMessages = 2_100;

/** How many MCP servers there may be. */
export const maxMcpServers = 50;
/** How many MCP servers a character may have. */
export const maxMcpServersPerCharacter = 8;
/** How many tools of an MCP server are known; it may offer more. */
export const maxMcpTools = 100;

// Lengths in UTF-16 units.
export const maxMcpServerNameLength = 40;
export const maxMcpToolNameLength = 128;
export const maxMcpDescriptionLength = 1_000;
export const maxSecretHeaderLength = 4_000;
/** Of what a device calls itself. */
export const maxUserAgentLength = 300;
export const maxEmailLength = 254;
export const maxPasskeyNameLength = 60;
export const maxAgentFailureLength = 300;
export const maxRoomNameLength = 80;
export const maxKeyNameLength = 80;
export const maxCommandHelpLength = 100;
export const maxCommandArgsLength = 60;
export const maxHookNameLength = 80;
export const maxUrlLength = 2_000;
export const maxTopicLength = 250;
/** The longest note of a room: some three sentences, so that all of them have a place in a prompt. */
export const maxNoteLength = 1_000;
export const minUsernameLength = 2;
export const maxUsernameLength = 32;
export const maxDisplayNameLength = 64;
export const minPasswordLength = 8;
/** argon2id takes any length; the bound keeps one request from making the server hash a megabyte. */
export const maxPasswordLength = 256;
export const maxSystemPromptLength = 16_000;
export const maxTaglineLength = 160;
/** The most bytes of a character's card as JSON, its book of lore included. */
export const maxCardBytes = 512 * 1024;
export const maxGreetingLength = 2_000;
/** Of what somebody says about how a reply is to be written again. */
export const maxInstructionLength = 500;
export const maxStopLength = 1_000;

const encoder = new TextEncoder();

/** Length of a text in bytes of UTF-8, the unit of {@link maxMessageBytes} and {@link maxReplyBytes}. */
export function utf8Bytes(text: string): number {
  return encoder.encode(text).length;
}

/** Of what a model thinks for one answer, so much is shown while it thinks, in UTF-16 units: some six screens of text. */
export const maxShownThought = 16_000;

/** The longest time for which messages are kept before they are removed by their age, in days: a hundred years. */
export const maxRetentionDays = 36_500;

/** Legal holds, and removals of accounts, that a list shows: the last ones. */
export const maxListedHolds = 200;
export const maxListedRemovals = 200;

/** Tables that the database has, at most. */
export const maxStoredTables = 200;
