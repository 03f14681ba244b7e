import type { z } from 'zod';
import type { ConversationScope, RequestData } from '../reply-request.js';
import type { RoomOperationName } from '../operations/operations.js';
import type { RoomRole } from '../views.js';
import type { ArgumentTypes } from './argument-types.js';

/** Who sees the answer. `asker`: only the person who asked, and the command itself is not posted. */
export type AnswerReaders = 'room' | 'asker';

/** What a command asks a model for: the part of the `ReplyRequest` that the command decides. */
export interface Asked<Data extends RequestData | undefined = RequestData | undefined> {
  /** The person's text that the reply answers. It is deleted with the message. @default null */
  question?: string;
  /** Which messages the reply is about. @default the recent ones */
  scope?: ConversationScope;
  /** True if the reply needs no text of the person, so that it can be written after the message was deleted. @default false */
  standalone?: boolean;
  /** What else the command's task needs. It is deleted with the message, unless `standalone` is true. */
  data?: Data;
}

/** A word that may stand next in the arguments. The empty word stands for nothing more; `help` then says what the command does as it is. */
export interface Suggestion {
  word: string;
  help: string;
}

interface CommandFacts<Args> {
  /** The name without the slash, equal to the name of the file: lower-case letters, digits and hyphens. */
  name: string;
  /** Arguments as shown in help: `[a]` optional, `|` either. Empty for a command without arguments. */
  args: string;
  help: string;
  /** Whole calls that work, with the slash. */
  examples: readonly string[];
  /** The command's place in menus and in help: smaller comes first, equal places go by name. @default 100 */
  order?: number;
  /** The lowest role that may call the command. @default 'member' */
  who?: RoomRole;
  /** The operation that the command does: it is offered to whoever may call that in the room. @default it is offered to `who` */
  operation?: RoomOperationName;
  /** True if each call counts against the caller's limits for AI, and is refused when those are used up. */
  costsTokens: boolean;
  /** True if the arguments are a text that the person wrote; the page shows it as text beside the command. @default false */
  text?: boolean;
  /**
   * What may stand next, as the page offers it; `people` stands for whoever has an account here, `notes` for the notes of the room by their numbers.
   *
   * @param before the words of the arguments that are written already
   * @default nothing
   */
  suggest?: (before: readonly string[]) => readonly Suggestion[] | 'people' | 'notes';
  /**
   * Reads the arguments: what stands after the name, trimmed. The person is shown the first issue. This is a function of zod because the
   * page needs the other fields at once, and zod only when a command is sent.
   */
  schema: (types: ArgumentTypes) => z.ZodType<Args, string>;
}

/** Taken from a method's type, whose parameters TypeScript compares loosely: so a command with any arguments is a `Command`. */
type ByArguments<Args> = { readers(args: Args): AnswerReaders }['readers'];

/** A command that a model answers: its task is `packages/core/src/prompts/tasks/<name>.ts`. */
export interface ModelCommand<Args = unknown, Data extends RequestData | undefined = RequestData | undefined> extends CommandFacts<Args> {
  answeredBy: 'model';
  answer: AnswerReaders | ByArguments<Args>;
  /**
   * True if the characters whom the question names at its very beginning answer it, each by itself, in place of the room's assistant.
   *
   * @default false
   */
  addressed?: true;
  ask(args: Args): Asked<Data>;
}

/** A command that is answered at once, by `packages/core/src/messages/commands/<name>.ts`. */
export interface CoreCommand<Args = unknown> extends CommandFacts<Args> {
  answeredBy: 'core';
  answer: 'asker';
  /** True if the command changes something by operations of the table, whose rights and limits then count. @default false */
  acts?: true;
}

export type Command = ModelCommand | CoreCommand;

/**
 * Defines a slash command. A command is two files: its definition in `contracts/commands` and the file that answers it. Write `schema`
 * before the functions that take the arguments, so that TypeScript knows the type of the arguments there.
 */
export function defineCommand<Args, Data extends RequestData | undefined>(command: ModelCommand<Args, Data>): ModelCommand<Args, Data>;
export function defineCommand<Args>(command: CoreCommand<Args>): CoreCommand<Args>;
export function defineCommand(command: Command): Command {
  let schema: ReturnType<Command['schema']> | undefined;
  return { ...command, schema: (types) => (schema ??= command.schema(types)) };
}
