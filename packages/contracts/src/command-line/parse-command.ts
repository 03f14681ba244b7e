import type { BotCommandView } from '../command-view.js';
import { argumentTypes } from './argument-types.js';
import { callOf } from './call-of.js';
import { commands } from './commands.js';
import type { Asked, AnswerReaders, CoreCommand, ModelCommand } from './define-command.js';
import { nearestCommand } from './nearest-command.js';
import { splitCommand, type SplitCommand } from './split-command.js';

/** A command with its arguments read. */
export type CommandCall =
  | { command: ModelCommand; answer: AnswerReaders; asked: Asked }
  | { command: CoreCommand; answer: 'asker'; args: unknown };

export type CommandParse =
  /** An ordinary message. */
  | { kind: 'none' }
  | { kind: 'command'; call: CommandCall }
  /** A command of a bot of the room: an ordinary message that mentions the bot. */
  | { kind: 'bot'; command: BotCommandView; args: string }
  /** Never posted, because several bots have it; `calls` are the calls that say which is meant, without the slash. */
  | { kind: 'ambiguous'; name: string; calls: string[] }
  /** Never posted; `nearest` is the closest name we have, or null when nothing is close. */
  | { kind: 'unknown'; name: string; nearest: string | null }
  | { kind: 'invalid'; name: string; reason: string };

/**
 * Reads a message as a command with its arguments. {@link splitCommand} decides what is a command.
 *
 * @param ofBots the commands of the room's bots. Ours come first: a bot's of the same name is called by `/name@bot`
 */
export function parseCommand(content: string, ofBots: readonly BotCommandView[] = []): CommandParse {
  const split = splitCommand(content);
  if (!split) return { kind: 'none' };
  const { name, bot, rest } = split;
  const command = bot === null ? commands.find((candidate) => candidate.name === name) : undefined;
  if (!command) return parseOfBots(split, ofBots);
  const read = command.schema(argumentTypes).safeParse(rest);
  if (!read.success) return { kind: 'invalid', name, reason: read.error.issues[0]!.message };
  const args = read.data;
  if (command.answeredBy === 'core') return { kind: 'command', call: { command, answer: command.answer, args } };
  const answer = typeof command.answer === 'function' ? command.answer(args) : command.answer;
  return { kind: 'command', call: { command, answer, asked: command.ask(args) } };
}

function parseOfBots({ name, bot, rest }: SplitCommand, ofBots: readonly BotCommandView[]): CommandParse {
  const meant = ofBots.filter((command) => command.name === name && (bot === null || command.bot.username === bot));
  const [command] = meant;
  if (!command) return { kind: 'unknown', name: bot === null ? name : `${name}@${bot}`, nearest: nearestCommand(name, ofBots) };
  if (meant.length > 1) return { kind: 'ambiguous', name, calls: meant.map((each) => callOf(each, ofBots)) };
  return { kind: 'bot', command, args: rest };
}
