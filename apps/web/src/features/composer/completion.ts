/** Someone who can be mentioned. */
export interface Mentionable {
  handle: string;
  name: string;
  avatar: { hue: number; glyph: string | null };
  kind: 'person' | 'character';
}

export type CompletionItem = { kind: 'command'; command: Command; insert: string } | { kind: 'mention'; who: Mentionable; insert: string };

export interface Completion {
  /** The span of the text that choosing an item replaces. */
  from: number;
  to: number;
  items: CompletionItem[];
}

const maxItems = 8;

/**
 * What can be completed at the caret: a command while its name is being typed at the very start, a handle after `@` at
 * the start of a word. Null when there is nothing to offer.
 */
export function completionAt(
  text: string,
  caret: number,
  known: { commands: readonly Command[]; mentionables: readonly Mentionable[] },
): Completion | null {
  const before = text.slice(0, caret);
  const command = /^\/([a-z0-9-]*)$/i.exec(before);
  if (command) {
    const typed = command[1]!.toLowerCase();
    const items = known.commands
      .filter(({ name }) => name.startsWith(typed))
      .map((found): CompletionItem => ({ kind: 'command', command: found, insert: `/${found.name} ` }));
    return offer(0, wordEnd(text, caret), items);
  }
  const mention = /(?:^|[^\w@/.`-])@([a-z0-9._-]*)$/i.exec(before);
  if (mention) {
    const typed = mention[1]!.toLowerCase();
    const items = known.mentionables
      .map((who) => ({ who, rank: mentionRank(who, typed) }))
      .filter(({ rank }) => rank < 3)
      .sort((a, b) => a.rank - b.rank || a.who.name.localeCompare(b.who.name))
      .slice(0, maxItems)
      .map(({ who }): CompletionItem => ({ kind: 'mention', who, insert: `@${who.handle} ` }));
    return offer(caret - typed.length - 1, wordEnd(text, caret), items);
  }
  return null;
}

/** The text with the item in place, and where the caret goes. A space already there is not doubled. */
export function applyCompletion(text: string, completion: Completion, item: CompletionItem): { text: string; caret: number } {
  const rest = text.slice(completion.to);
  const insert = rest.startsWith(' ') ? item.insert.trimEnd() : item.insert;
  const caret = completion.from + item.insert.length;
  return { text: text.slice(0, completion.from) + insert + rest, caret };
}

/** True if the text already contains what choosing the item would insert, so that Enter may send it. */
export function isComplete(text: string, completion: Completion, item: CompletionItem): boolean {
  if (text.slice(completion.from, completion.to).toLowerCase() !== item.insert.trimEnd()) return false;
  switch (item.kind) {
    case 'mention':
      return true;
    case 'command':
      return item.command.args === '' || item.command.args.startsWith('[');
  }
}

function offer(from: number, to: number, items: CompletionItem[]): Completion | null {
  return items.length > 0 ? { from, to, items } : null;
}

function wordEnd(text: string, caret: number): number {
  return caret + /^[\w.-]*/.exec(text.slice(caret))![0].length;
}

/** Rank of a match: 0 if the handle begins with the typed text, 1 if the name does, 2 if a later word of the name does, 3 for no match. */
function mentionRank(who: Mentionable, typed: string): number {
  const name = who.name.toLowerCase();
  if (who.handle.startsWith(typed)) return 0;
  if (name.startsWith(typed)) return 1;
  return name.split(/\s+/u).some((word) => word.startsWith(typed)) ? 2 : 3;
}
import type { Command } from '@parley/contracts/commands';
