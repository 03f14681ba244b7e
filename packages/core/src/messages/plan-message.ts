import type { MessageView, ReplyRequest, ReplyTrigger } from '@parley/contracts';
import { AppError, maxRepliesPerMessage, mentionedHandles, parseCommand, type ParsedCommand } from '@parley/contracts';
import type { PrivateCommand } from './answer-privately.js';
import type { RoomCharacterEntry } from '../access/authorized-room.js';

/** What a text asks for, before anything is written. */
export type MessagePlan =
  | PostPlan
  /** Never posted; its answer is for the asker alone. */
  | { kind: 'private'; command: PrivateCommand };

export interface PostPlan {
  kind: 'post';
  mentions: PlannedMention[];
  replies: PlannedReply[];
}

/** A handle in the text: a character of the room, or perhaps one of its members, which only the statement can know. */
export interface PlannedMention {
  handle: string;
  characterId: string | null;
}

export interface PlannedReply {
  character: RoomCharacterEntry['character'];
  trigger: ReplyTrigger['kind'];
  question: string | null;
  /** `unread` starts at 0 here: the statement that posts the message sets it from the asker's locked row. */
  scope: ReplyRequest['scope'];
  standalone: boolean;
  /** Why it is not to be written: its row says so from the start. @default null */
  refusal?: MessageView['error'];
}

/** A 32 kB text could name thousands; those beyond the first are text like any other. */
const maxMentionsPerMessage = 50;

/**
 * Reads commands and mentions.
 *
 * @param characters those in the room
 * @throws AppError UNKNOWN_COMMAND with the nearest name, COMMAND_ARGUMENT, or CHARACTER_NOT_FOUND where the room has no assistant.
 */
export function planMessage(content: string, characters: readonly RoomCharacterEntry[]): MessagePlan {
  const parsed = parseCommand(content);
  switch (parsed.kind) {
    case 'unknown':
      throw unknownCommand(parsed.name, parsed.nearest);
    case 'invalid':
      throw new AppError('COMMAND_ARGUMENT', parsed.reason, { field: 'content' });
    case 'none': {
      const mentions = planMentions(content, characters);
      return { kind: 'post', mentions, replies: repliesToText(content, mentions, characters) };
    }
    case 'command':
      return planCommand(parsed.command, content, characters);
  }
}

function planCommand(command: ParsedCommand, content: string, characters: readonly RoomCharacterEntry[]): MessagePlan {
  if (command.name === 'help') return { kind: 'private', command };
  const assistant = characters.find((entry) => entry.isAssistant)?.character;
  if (!assistant) throw new AppError('CHARACTER_NOT_FOUND', 'This room has no assistant to answer commands. Add Ada to the room first.');
  if (command.name === 'summary' && command.private) {
    return { kind: 'private', command: { name: 'summary', scope: command.scope, characterId: assistant.id } };
  }
  const mentions = planMentions(content, characters);
  const reply: PlannedReply =
    command.name === 'ask'
      ? { character: assistant, trigger: 'ask', question: command.question, scope: null, standalone: false }
      : {
          character: assistant,
          trigger: 'summary',
          question: null,
          scope: command.scope.kind === 'unread' ? { kind: 'unread', sinceSeq: 0 } : command.scope,
          standalone: true,
        };
  return { kind: 'post', mentions, replies: [reply] };
}

/** Handles in a text, in order of appearance. */
export function planMentions(content: string, characters: readonly RoomCharacterEntry[]): PlannedMention[] {
  const ids = new Map(characters.map(({ character }) => [character.handle, character.id]));
  return mentionedHandles(content)
    .slice(0, maxMentionsPerMessage)
    .map((handle) => ({ handle, characterId: ids.get(handle) ?? null }));
}

/** Characters mentioned answer in the order of their mention, then those that always answer; each once. */
function repliesToText(content: string, mentions: PlannedMention[], characters: readonly RoomCharacterEntry[]): PlannedReply[] {
  const replies = new Map<string, PlannedReply>();
  for (const { characterId } of mentions) {
    const character = characters.find((entry) => entry.character.id === characterId)?.character;
    if (character) {
      const question = withoutAddress(content, character.handle);
      replies.set(character.id, { character, trigger: 'mention', question, scope: null, standalone: false });
    }
  }
  for (const { character, autoReply } of characters) {
    if (autoReply === 'always' && !replies.has(character.id)) {
      replies.set(character.id, { character, trigger: 'always', question: content, scope: null, standalone: false });
    }
  }
  return [...replies.values()].slice(0, maxRepliesPerMessage);
}

/** `@ada, what is new?` asks Ada “what is new?”; a mention elsewhere is part of the sentence. */
function withoutAddress(content: string, handle: string): string {
  const start = content.trimStart();
  if (!start.toLowerCase().startsWith(`@${handle}`)) return content;
  const after = start.slice(handle.length + 1);
  // `@adam, ask @ada` begins with another handle.
  if (/^(?:[\w-]|\.[a-z0-9])/i.test(after)) return content;
  const rest = after.replace(/^[\s,:;.!–—]+/, '');
  return rest === '' ? content : rest;
}

function unknownCommand(name: string, nearest: string | null): AppError {
  const hint = nearest === null ? 'Type /help to see all commands.' : `Did you mean /${nearest}?`;
  return new AppError('UNKNOWN_COMMAND', `There is no command /${clip(name)}. ${hint}`, {
    field: 'content',
    ...(nearest === null ? {} : { suggestion: nearest }),
  });
}

function clip(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}
