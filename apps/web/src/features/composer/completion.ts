import { foldText, mayCallAt, type MemberView, type RoomCharacterView, type UserView } from '@parley/contracts';
import type { Command } from '@parley/contracts/commands';

/** Someone who can be mentioned. */
export interface Mentionable {
  handle: string;
  name: string;
  avatar: { hue: number; glyph: string | null };
  kind: 'person' | 'character';
}

/** What the server was asked for while arguments were typed: people, or notes by their numbers. */
export type Found = Mentionable | { word: string; help: string };

/** A command that can be called in a room. */
export interface CallableCommand {
  /** What stands after the slash: the name, with the bot's behind it where two bots have the command. */
  call: string;
  args: string;
  help: string;
  /** Whose it is; null for the server's own. */
  bot: UserView | null;
  suggest?: Command['suggest'];
}

export type CompletionItem =
  /** The word is empty where the command may be sent as it is. */
  | { kind: 'argument'; word: string; help: string; insert: string }
  | { kind: 'command'; command: CallableCommand; insert: string }
  | { kind: 'mention'; who: Mentionable; insert: string };

export interface Completion {
  /** The span of what was typed: from its sign to the caret. */
  from: number;
  to: number;
  items: CompletionItem[];
}

/** A part of the text, and what is to stand there instead. */
export interface Replacement {
  from: number;
  to: number;
  insert: string;
}

const maxItems = 8;

/** Who can be mentioned in a room: its characters, and its members other than the user. */
export function mentionablesOf(members: readonly MemberView[], characters: readonly RoomCharacterView[], me: string): Mentionable[] {
  return [
    ...characters.map(({ character: { handle, name, avatar } }) => ({ handle, name, avatar, kind: 'character' as const })),
    ...members
      .filter(({ user }) => user.id !== me)
      .map(({ user }) => ({ handle: user.username, name: user.displayName, avatar: user.avatar, kind: 'person' as const })),
  ];
}

/**
 * What can be completed at the caret: a command while its name is being typed at the very start, a handle after `@` at
 * the start of a word. Null when there is nothing to offer.
 */
export function completionAt(
  text: string,
  caret: number,
  known: { commands: readonly CallableCommand[]; mentionables: readonly Mentionable[]; found?: readonly Found[] },
): Completion | null {
  const before = text.slice(0, caret);
  const args = argumentsBegun(before);
  const suggested = args && known.commands.find(({ call }) => call === args.call)?.suggest?.(args.words);
  if (suggested) return offer(caret - args.typed.length, caret, argumentItems(suggested, args.typed, known.found ?? []));
  const command = /^\/([a-z0-9-]*(?:@[a-z0-9._-]*)?)$/i.exec(before);
  if (command) {
    const typed = command[1]!.toLowerCase();
    const items = known.commands
      .filter(({ call }) => call.startsWith(typed))
      .map((found): CompletionItem => ({ kind: 'command', command: found, insert: `/${found.call} ` }));
    return offer(0, caret, items);
  }
  const mention = mentionBegun(text, caret);
  if (mention) {
    const typed = foldText(mention.typed);
    const items = known.mentionables
      .map((who) => ({ who, rank: mentionRank(who, typed) }))
      .filter(({ rank }) => rank < 3)
      .sort((a, b) => a.rank - b.rank || a.who.name.localeCompare(b.who.name))
      .slice(0, maxItems)
      .map(({ who }): CompletionItem => ({ kind: 'mention', who, insert: `@${who.handle} ` }));
    return offer(mention.index, caret, items);
  }
  return null;
}

/** How far into a text its arguments are suggested, in UTF-16 units. */
const maxArguments = 400;

/** The command whose arguments are being typed, the words before the caret's, and what is typed of that one. Null elsewhere. */
export function argumentsBegun(before: string): { call: string; words: string[]; typed: string } | null {
  if (!before.startsWith('/') || before.length > maxArguments) return null;
  const words = before.slice(1).split(/\s+/);
  const typed = words.pop()!;
  const call = words.shift();
  return call ? { call: call.toLowerCase(), words, typed } : null;
}

function argumentItems(suggested: ReturnType<NonNullable<Command['suggest']>>, typed: string, found: readonly Found[]): CompletionItem[] {
  if (suggested === 'people') {
    const wanted = foldText(typed.replace(/^[@＠]/, ''));
    return found
      .filter((who) => 'handle' in who)
      .filter((who) => mentionRank(who, wanted) < 3)
      .slice(0, maxItems)
      .map((who) => ({ kind: 'mention', who, insert: `@${who.handle} ` }));
  }
  const wanted = foldText(typed);
  if (suggested === 'notes') {
    return found
      .filter((note) => 'word' in note)
      .filter(({ word, help }) => word.startsWith(wanted) || foldText(help).includes(wanted))
      .slice(0, maxItems)
      .map(({ word, help }) => ({ kind: 'argument', word, help, insert: `${word} ` }));
  }
  return suggested
    .filter(({ word }) => (word === '' ? typed === '' : foldText(word).startsWith(wanted)))
    .map(({ word, help }) => ({ kind: 'argument', word, help, insert: word && `${word} ` }));
}

/** The mention that is being typed at the caret: where its sign stands, and what stands behind the sign. Null if there is none. */
export function mentionBegun(text: string, caret: number): { index: number; typed: string } | null {
  const before = text.slice(0, caret);
  const mention = /[@＠]([\p{L}\p{M}\p{N}._-]*)$/u.exec(before);
  return mention && mayCallAt(before, mention.index) && before[mention.index - 1] !== '`'
    ? { index: mention.index, typed: mention[1]! }
    : null;
}

/**
 * What choosing an item replaces. Of what stands after the caret, only the rest of the item's own name and the space after it are replaced:
 * any other word was there before.
 */
export function applyCompletion(text: string, { from, to }: Completion, { insert }: CompletionItem): Replacement {
  const end = nameEnd(text, from, to, insert);
  return { from, to: text[end] === ' ' ? end + 1 : end, insert };
}

/** True if the text already contains what choosing the item would insert, so that Enter may send it. */
export function isComplete(text: string, { from, to }: Completion, item: CompletionItem): boolean {
  if (asInserted(text.slice(from, nameEnd(text, from, to, item.insert))) !== asInserted(item.insert.trimEnd())) return false;
  switch (item.kind) {
    case 'mention':
    case 'argument':
      return true;
    case 'command':
      return item.command.args === '' || (item.command.args.startsWith('[') && item.command.args.endsWith(']'));
  }
}

function offer(from: number, to: number, items: CompletionItem[]): Completion | null {
  return items.length > 0 ? { from, to, items } : null;
}

/** Where the name of an item ends, of which the part before the caret `to` was typed. What follows is a part of it only if the name goes on so. */
function nameEnd(text: string, from: number, to: number, insert: string): number {
  const end = to + /^[\w.-]*/.exec(text.slice(to, to + insert.length))![0].length;
  return asInserted(insert.trimEnd()).startsWith(asInserted(text.slice(from, end))) ? end : to;
}

/** What was typed of a name, in the form in which an item inserts it. */
function asInserted(typed: string): string {
  return typed.toLowerCase().replace('＠', '@');
}

/** Rank of a match: 0 if the handle begins with the typed text, 1 if the name does, 2 if a later word of the name does, 3 for no match. */
function mentionRank(who: Mentionable, typed: string): number {
  const name = foldText(who.name);
  if (who.handle.startsWith(typed)) return 0;
  if (name.startsWith(typed)) return 1;
  return name.split(/\s+/u).some((word) => word.startsWith(typed)) ? 2 : 3;
}
