import { argumentTypes } from './argument-types.js';
import { commands } from './commands.js';
import type { Asked, AnswerReaders, CoreCommand, ModelCommand } from './define-command.js';
import { nearestCommand } from './nearest-command.js';
import { splitCommand } from './split-command.js';

/** A command with its arguments read. */
export type CommandCall =
  | { command: ModelCommand; answer: AnswerReaders; asked: Asked }
  | { command: CoreCommand; answer: 'asker'; args: unknown };

export type CommandParse =
  /** An ordinary message. */
  | { kind: 'none' }
  | { kind: 'command'; call: CommandCall }
  /** Never posted; `nearest` is the closest name we have, or null when nothing is close. */
  | { kind: 'unknown'; name: string; nearest: string | null }
  | { kind: 'invalid'; name: string; reason: string };

/** Reads a message as a command with its arguments. {@link splitCommand} decides what is a command. */
export function parseCommand(content: string): CommandParse {
  const split = splitCommand(content);
  if (!split) return { kind: 'none' };
  const { name, rest } = split;
  const command = commands.find((candidate) => candidate.name === name);
  if (!command) return { kind: 'unknown', name, nearest: nearestCommand(name) };
  const read = command.schema(argumentTypes).safeParse(rest);
  if (!read.success) return { kind: 'invalid', name, reason: read.error.issues[0]!.message };
  const args = read.data;
  if (command.answeredBy === 'core') return { kind: 'command', call: { command, answer: command.answer, args } };
  const answer = typeof command.answer === 'function' ? command.answer(args) : command.answer;
  return { kind: 'command', call: { command, answer, asked: command.ask(args) } };
}
