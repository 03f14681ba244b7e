import {
  agentModel,
  AppError,
  type BotCommandView,
  type ConversationScope,
  cutText,
  isOfDays,
  maxMentionsPerMessage,
  maxRepliesPerMessage,
  type MessageView,
  type ReplyRequest,
  type ReplyTrigger,
} from '@parley/contracts';
import { findMentions, mentionsIn } from '@parley/contracts/markdown';
import { helpHint, mayCall, type Asked, parseCommand, type CommandCall } from '@parley/contracts/commands';
import { ambientCause, type AmbientCause } from '../prompts/ambient-cause.js';
import type { AuthorizedRoom, RoomCharacterEntry } from '../access/authorized-room.js';

/**
 * `command`: a text that does nothing but ask; `mention`: a message that a character answers, because it is mentioned or always answers.
 */
export type AiCall = 'command' | 'mention';

/** What a text asks for, before anything is written. */
export type MessagePlan = PostPlan | PrivatePlan;

export interface PostPlan {
  kind: 'post';
  mentions: PlannedMention[];
  replies: PlannedReply[];
  /** Characters that may have something to say. @default none */
  ambient?: PlannedAmbient[];
  /** Null where nothing costs tokens that somebody asked for. */
  aiCall: AiCall | null;
  /** The id of the bot whose command the text is. @default none */
  commandBot?: string;
  /** Whose turn a reply of the trigger `turn` is. @default there is none, or no other could be it */
  turn?: Turn;
}

/** Which character's turn it is to answer. */
export interface Turn {
  characterId: string;
  /** The room's `last_seq` for which it is; null where it is whatever was said. */
  asOf: number | null;
}

/** A command that is never posted. Only the asker sees the answer. */
export interface PrivatePlan {
  kind: 'private';
  command: PrivateCommand;
  aiCall: AiCall | null;
}

/** A command that core answers at once, or one that a character answers. */
export type PrivateCommand = { name: string; args: unknown } | { characterId: string; request: PlannedRequest };

/**
 * A handle in the text. It names a character of the room if `characterId` is set. Otherwise it may name a member, which only the
 * statement can know.
 */
export interface PlannedMention {
  handle: string;
  characterId: string | null;
}

/**
 * A request before the message that calls is written. For unread messages, `sinceSeq` is 0 here: the statement sets it from the asker's
 * locked row. So are the rooms of a catch-up.
 */
export interface PlannedRequest extends Omit<ReplyRequest, 'trigger' | 'depth'> {
  trigger: ReplyTrigger['kind'];
  standalone: boolean;
}

export interface PlannedReply extends PlannedRequest {
  character: RoomCharacterEntry['character'];
  /** Why the reply is not to be written: its row has this error from the start. @default null */
  refusal?: MessageView['error'];
}

/** A character that is to be asked whether it has something to say, and why it may have. */
export interface PlannedAmbient {
  characterId: string;
  cause: AmbientCause;
}

/** Whom a text mentions. */
export interface NamedInText {
  /** For each mention, the handles that may be meant, the longest first: see `mentionsIn`. */
  mentions: readonly (readonly string[])[];
  /** Those of these handles that members of the room have, where a mention may mean several. */
  members: ReadonlySet<string>;
  /** Whose turn it is to answer what names no character. @default that of the first one that answers in turn */
  turn?: Turn | null;
}

/**
 * Reads commands and mentions.
 *
 * @param named as `findNamed` gives it. By default a mention means a character, or else the longest of its handles
 *
 * @param ofBots the commands of the room's bots. By default it has none
 * @param replyTo the id of the message that the text answers. By default it answers none
 *
 * @throws AppError UNKNOWN_COMMAND with the nearest name, COMMAND_ARGUMENT, also where several bots have the command, FORBIDDEN where the command is for higher roles,
 *   and for a catch-up where an agent would be told of other rooms, or CHARACTER_NOT_FOUND where the room has no assistant.
 */
export function planMessage(
  content: string,
  room: Pick<AuthorizedRoom, 'characters' | 'role'>,
  named: NamedInText = { mentions: mentionsIn(content), members: new Set() },
  ofBots: readonly BotCommandView[] = [],
  replyTo: string | null = null,
): MessagePlan {
  const parsed = parseCommand(content, ofBots);
  switch (parsed.kind) {
    case 'unknown':
      throw unknownCommand(parsed.name, parsed.nearest);
    case 'invalid':
      throw new AppError('COMMAND_ARGUMENT', parsed.reason, { field: 'content' });
    case 'ambiguous':
      throw ambiguousCommand(parsed.name, parsed.calls);
    case 'bot': {
      // The text is for the bot: characters answer it no more than they answer commands of the server.
      const { id, username } = parsed.command.bot;
      const others = planMentions(named, room.characters).filter(({ handle }) => handle !== username);
      const mentions = [{ handle: username, characterId: null }, ...others].slice(0, maxMentionsPerMessage);
      return { kind: 'post', mentions, replies: [], aiCall: null, commandBot: id };
    }
    case 'none': {
      const mentions = planMentions(named, room.characters);
      const replies = repliesToText(content, mentions, room.characters, named.turn?.characterId);
      const ambient = ambientOf(content, replies, room.characters);
      return {
        kind: 'post',
        mentions,
        replies,
        ...(ambient.length > 0 && { ambient }),
        ...(named.turn && { turn: named.turn }),
        aiCall: replies.length > 0 ? 'mention' : null,
      };
    }
    case 'command':
      return planCommand(parsed.call, named, room, replyTo);
  }
}

function planCommand(
  call: CommandCall,
  named: NamedInText,
  { characters, role }: Pick<AuthorizedRoom, 'characters' | 'role'>,
  replyTo: string | null,
): MessagePlan {
  const { name, who, costsTokens } = call.command;
  if (!mayCall(role, call.command)) throw new AppError('FORBIDDEN', `/${name} is for ${who}s of the room.`);
  const aiCall = costsTokens ? 'command' : null;
  if ('args' in call) return { kind: 'private', command: { name, args: call.args }, aiCall };
  const asked = 'addressed' in call.command && call.asked.question ? addressed(call.asked.question, named, characters) : null;
  if (asked && call.answer === 'asker') {
    const [character, ...more] = asked.characters;
    if (more.length > 0)
      throw new AppError('COMMAND_ARGUMENT', 'Ask one character at a time where the answer is for you alone.', { field: 'content' });
    const request = planRequest(name, { ...call.asked, question: asked.question }, replyTo);
    return { kind: 'private', command: { characterId: character!.id, request }, aiCall };
  }
  if (asked) {
    const apart = asked.characters.length > 1;
    const request = { ...planRequest(name, { ...call.asked, question: asked.question }, replyTo), ...(apart && { apart: true as const }) };
    const replies = asked.characters.map((character) => ({ character, ...request }));
    return { kind: 'post', mentions: planMentions(named, characters), replies, aiCall };
  }
  const assistant = characters.find((entry) => entry.isAssistant)?.character;
  if (!assistant) throw new AppError('CHARACTER_NOT_FOUND', 'This room has no assistant to answer commands. Add Ada to the room first.');
  const request = planRequest(name, call.asked, replyTo);
  if (request.scope?.kind === 'rooms' && assistant.model === agentModel) {
    throw new AppError(
      'FORBIDDEN',
      `A program outside of this server answers here, and it is told nothing of your other rooms. Write /${name} in a room whose assistant has a model.`,
      { field: 'content' },
    );
  }
  if (call.answer === 'asker') return { kind: 'private', command: { characterId: assistant.id, request }, aiCall };
  return { kind: 'post', mentions: planMentions(named, characters), replies: [{ character: assistant, ...request }], aiCall };
}

/**
 * Whom a question is put to: the characters that it names one after the other at its beginning, each once, and what follows them.
 *
 * @returns null if it begins with none
 * @throws AppError COMMAND_ARGUMENT for too many of them, and where nothing follows
 */
function addressed(
  text: string,
  { members }: NamedInText,
  characters: readonly RoomCharacterEntry[],
): { characters: RoomCharacterEntry['character'][]; question: string } | null {
  const byHandle = new Map(characters.map(({ character }) => [character.handle, character]));
  const found = new Map<string, RoomCharacterEntry['character']>();
  let rest = text.trimStart();
  for (let names = 0; names < maxMentionsPerMessage; names++) {
    const [first] = findMentions(rest.slice(0, addressLength));
    // The longest that somebody in the room has is meant, who may be a person.
    const handle = first?.index === 0 ? first.handles.find((each) => byHandle.has(each) || members.has(each)) : undefined;
    const character = handle === undefined ? undefined : byHandle.get(handle);
    if (!character) break;
    found.set(character.id, character);
    rest = behindAddress(rest, character.handle);
  }
  if (found.size === 0) return null;
  const field = { field: 'content' };
  if (rest === '') throw new AppError('COMMAND_ARGUMENT', 'Write your question after whom you ask.', field);
  if (found.size > maxRepliesPerMessage)
    throw new AppError('COMMAND_ARGUMENT', `Ask at most ${maxRepliesPerMessage} characters at once.`, field);
  return { characters: [...found.values()], question: rest };
}

/** The request of a command to a model, as its job keeps it. @param replyTo the message that the call answers */
export function planRequest(name: string, { question, scope, standalone, data }: Asked, replyTo: string | null): PlannedRequest {
  return {
    trigger: name,
    question: question ?? null,
    scope: planScope(scope ?? null, replyTo),
    standalone: standalone ?? false,
    ...(data === undefined ? {} : { data }),
  };
}

function planScope(scope: ConversationScope | null, replyTo: string | null): ReplyRequest['scope'] {
  switch (scope?.kind) {
    case 'unread':
      return { kind: 'unread', sinceSeq: 0 };
    case 'rooms':
      return { kind: 'rooms', rooms: [], leftOut: { muted: 0, paused: 0, more: 0 } };
    case 'answered':
      return replyTo === null ? { kind: 'last', count: 1 } : { kind: 'message', messageId: replyTo };
    case undefined:
      return null;
    default:
      return scope;
  }
}

/** A plan with the days that it asks for in the sender's time zone. */
export function planInZone(plan: MessagePlan, timeZone: string | undefined): MessagePlan {
  if (plan.kind === 'post') return { ...plan, replies: plan.replies.map((reply) => requestInZone(reply, timeZone)) };
  const { command } = plan;
  return 'request' in command ? { ...plan, command: { ...command, request: requestInZone(command.request, timeZone) } } : plan;
}

/** {@link planInZone} for one request. */
export function requestInZone<Request extends PlannedRequest>(request: Request, timeZone: string | undefined): Request {
  return isOfDays(request.scope) && timeZone ? { ...request, scope: { kind: request.scope.kind, timeZone } } : request;
}

/**
 * The handles that a text mentions, each once, in order of appearance. Of the handles that a mention may mean, the longest that somebody
 * in the room has is meant.
 */
export function planMentions({ mentions, members }: NamedInText, characters: readonly RoomCharacterEntry[]): PlannedMention[] {
  const ids = new Map(characters.map(({ character }) => [character.handle, character.id]));
  const handles = mentions.map((candidates) => candidates.find((handle) => ids.has(handle) || members.has(handle)) ?? candidates[0]!);
  return [...new Set(handles)].slice(0, maxMentionsPerMessage).map((handle) => ({ handle, characterId: ids.get(handle) ?? null }));
}

/**
 * Plans the replies to a text: of the characters mentioned, in order of mention, then of those that always answer; one reply each. A text
 * that mentions no character is answered by the one whose turn it is too.
 */
function repliesToText(
  content: string,
  mentions: PlannedMention[],
  characters: readonly RoomCharacterEntry[],
  turnOf = characters.find(({ autoReply }) => autoReply === 'turn')?.character.id ?? null,
): PlannedReply[] {
  const replies = new Map<string, PlannedReply>();
  for (const { characterId } of mentions) {
    const character = characters.find((entry) => entry.character.id === characterId)?.character;
    if (character) {
      const question = questionOf(content, character);
      replies.set(character.id, { character, trigger: 'mention', question, scope: null, standalone: false });
    }
  }
  const named = replies.size > 0;
  for (const { character, autoReply } of characters) {
    const answers = autoReply === 'always' || (autoReply === 'turn' && character.id === turnOf && !named);
    if (!answers || replies.has(character.id)) continue;
    replies.set(character.id, { character, trigger: autoReply, question: content, scope: null, standalone: false });
  }
  return [...replies.values()].slice(0, maxRepliesPerMessage);
}

/** The same, where it is another character's turn by now. Nothing else in a plan depends on whose it is. */
export function withTurn(plan: PostPlan, turn: Turn | null, { characters }: Pick<AuthorizedRoom, 'characters'>): PostPlan {
  const { character } = characters.find((entry) => entry.character.id === turn?.characterId) ?? {};
  if (!turn || !character) return plan;
  return { ...plan, turn, replies: plan.replies.map((reply) => (reply.trigger === 'turn' ? { ...reply, character } : reply)) };
}

/**
 * Of the characters that speak when they have something to say, those that may have, by the cheap rule. Where somebody is called, nobody else
 * is asked.
 */
function ambientOf(content: string, replies: readonly PlannedReply[], characters: readonly RoomCharacterEntry[]): PlannedAmbient[] {
  if (replies.length > 0) return [];
  return characters
    .flatMap(({ character, autoReply }) => {
      const cause = autoReply === 'ambient' ? ambientCause(content, character) : null;
      return cause ? [{ characterId: character.id, cause }] : [];
    })
    .slice(0, maxAmbient);
}

/** How many characters are asked about one message whether they have something to say. */
const maxAmbient = 3;

/** What a text that is no command asks a character that it mentions. */
export function questionOf(content: string, { handle }: { handle: string }): string {
  return withoutAddress(content, handle);
}

/** How far into a text its address is looked for, in UTF-16 units: a handle has 32, and what stands behind it says whether it ends there. */
const addressLength = 40;

/** `@ada, what is new?` asks Ada “what is new?”; a mention elsewhere is part of the sentence, and so is one that may be longer. */
function withoutAddress(content: string, handle: string): string {
  const start = content.trimStart();
  const [first] = findMentions(start.slice(0, addressLength));
  if (first?.index !== 0 || first.handles[0] !== handle) return content;
  const rest = behindAddress(start, handle);
  return rest === '' ? content : rest;
}

/** What follows a name and its sign at the beginning of a text. */
function behindAddress(text: string, handle: string): string {
  return text.slice(handle.length + 1).replace(/^[\s,:;.!–—，、：；。！]+/, '');
}

function unknownCommand(name: string, nearest: string | null): AppError {
  const hint = nearest === null ? helpHint : `Did you mean /${nearest}?`;
  return new AppError('UNKNOWN_COMMAND', `There is no command /${clip(name)}. ${hint}`, {
    field: 'content',
    ...(nearest === null ? {} : { suggestion: nearest }),
  });
}

function ambiguousCommand(name: string, calls: readonly string[]): AppError {
  const choice = calls.slice(0, maxNamedCalls).map((call) => `/${call}`);
  const most = calls.length > choice.length ? `${choice.join(', ')} …` : `${choice.slice(0, -1).join(', ')} or ${choice.at(-1)}`;
  return new AppError('COMMAND_ARGUMENT', `Several bots here have /${name}. Write whose you mean: ${most}`, {
    field: 'content',
    suggestion: calls[0]!,
  });
}

/** The most bots that a sentence names. */
const maxNamedCalls = 5;

function clip(text: string): string {
  return text.length > 40 ? `${cutText(text, 40)}…` : text;
}
