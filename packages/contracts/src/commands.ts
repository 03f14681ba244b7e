import type { CommandView } from './command-view.js';

/** The slash commands, as the composer completes them and the server parses them. */
export const commands = [
  {
    name: 'summary',
    args: '[unread | today | N] [private]',
    help: 'What was said, with sources; “private”: for you alone',
    private: false,
  },
  { name: 'ask', args: 'question', help: 'Answer from this room', private: false },
  { name: 'help', args: '', help: 'What you can type here', private: true },
] as const satisfies readonly CommandView[];

export type CommandName = (typeof commands)[number]['name'];

/** Which messages a summary is about: all recent ones, the asker's unread, today's (UTC), or the last N. */
export type SummaryScope = { kind: 'recent' } | { kind: 'unread' } | { kind: 'today' } | { kind: 'last'; count: number };

/** `private`: answered to its asker alone, and not posted. */
export type ParsedCommand = { name: 'summary'; scope: SummaryScope; private?: true } | { name: 'ask'; question: string } | { name: 'help' };

export type CommandParse =
  /** An ordinary message. */
  | { kind: 'none' }
  | { kind: 'command'; command: ParsedCommand }
  /** Never posted; `nearest` is the closest name we have, or null when nothing is close. */
  | { kind: 'unknown'; name: string; nearest: CommandName | null }
  | { kind: 'invalid'; name: CommandName; reason: string };

/** The most messages `/summary N` takes. */
export const maxSummaryMessages = 500;

/**
 * Reads a message as a command. A command is a slash at the very start, then a letter; `//` at the start and paths such as
 * `/usr/bin` are ordinary text. Names are case-insensitive.
 */
export function parseCommand(content: string): CommandParse {
  const match = /^\/([a-z][a-z0-9-]*)(?:\s+([\s\S]*))?$/i.exec(content.trimEnd());
  if (!match) return { kind: 'none' };
  const name = match[1]!.toLowerCase();
  const args = (match[2] ?? '').trim();
  switch (name) {
    case 'summary': {
      // As the first word or the last.
      const rest = args.replace(/^private(?:\s+|$)|(?:\s+|^)private$/i, '');
      const scope = parseSummaryScope(rest);
      return scope
        ? { kind: 'command', command: rest === args ? { name, scope } : { name, scope, private: true } }
        : {
            kind: 'invalid',
            name,
            reason: `/summary takes “unread”, “today” or a number up to ${maxSummaryMessages}, not “${clip(rest)}”.`,
          };
    }
    case 'ask':
      return args === ''
        ? { kind: 'invalid', name, reason: 'Write your question after /ask.' }
        : { kind: 'command', command: { name, question: args } };
    case 'help':
      return { kind: 'command', command: { name } };
    default:
      return { kind: 'unknown', name, nearest: nearestCommand(name) };
  }
}

function parseSummaryScope(args: string): SummaryScope | null {
  const word = args.toLowerCase();
  if (word === '') return { kind: 'recent' };
  if (word === 'unread' || word === 'today') return { kind: word };
  if (!/^\d{1,6}$/.test(word)) return null;
  const count = Number(word);
  return count >= 1 && count <= maxSummaryMessages ? { kind: 'last', count } : null;
}

function clip(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}

/** The command at the smallest edit distance, if that is at most 2 and less than half the word. */
export function nearestCommand(name: string): CommandName | null {
  let best: { name: CommandName; distance: number } | null = null;
  for (const command of commands) {
    const distance = command.name.startsWith(name) ? 1 : editDistance(name, command.name);
    if (!best || distance < best.distance) best = { name: command.name, distance };
  }
  return best && best.distance <= Math.max(1, Math.min(3, Math.floor(name.length / 2))) ? best.name : null;
}

/** Optimal string alignment distance: Levenshtein with swaps of neighbours as one edit (Damerau 1964). */
function editDistance(a: string, b: string): number {
  let twoBack: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min(previous[j]! + 1, current[j - 1]! + 1, previous[j - 1]! + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) cost = Math.min(cost, twoBack[j - 2]! + 1);
      current.push(cost);
    }
    twoBack = previous;
    previous = current;
  }
  return previous[b.length]!;
}

/** The answer to `/help`, as Markdown. */
export function helpText(): string {
  const rows = commands.map((command) => `- \`/${command.name}${command.args ? ` ${command.args}` : ''}\` — ${command.help}`);
  return [
    'Everyone in the room sees the answers to these, except to `/help` and with `private`:',
    '',
    ...rows,
    '- `@ada` and a question — Ada answers in the room',
  ].join('\n');
}
