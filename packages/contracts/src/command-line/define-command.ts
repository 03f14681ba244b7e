import type { z } from 'zod';
import type { ConversationScope, RequestData } from '../reply-request.js';
import type { RoomRole } from '../views.js';
import type { ArgumentTypes } from './argument-types.js';

/** `asker`: seen by them alone, and the command is not posted. */
export type AnswerReaders = 'room' | 'asker';

/** What a reply is to be written from: the part of its request that its command decides. */
export interface Asked<Data extends RequestData | undefined = RequestData | undefined> {
  /** What the person wrote, to be answered. It is deleted with the message. @default null */
  question?: string;
  /** Which messages it is about. @default the recent ones */
  scope?: ConversationScope;
  /** True where the reply needs no text of the person, so that it can be written after the message was deleted. @default false */
  standalone?: boolean;
  /** What else its task needs. It is deleted with the message, unless the reply stands alone. */
  data?: Data;
}

interface CommandFacts<Args> {
  /** Without the slash, as the file is called: lower-case letters, digits and hyphens. */
  name: string;
  /** Arguments as shown in help: `[a]` optional, `|` either. Empty when it takes none. */
  args: string;
  help: string;
  /** Whole calls that work, with the slash. */
  examples: readonly string[];
  /** Its place in menus and in help: smaller comes first, then by name. @default 100 */
  order?: number;
  /** The lowest role that may call it. @default 'member' */
  who?: RoomRole;
  /** True where each call counts as one to the AI, and is refused when those are used up. */
  costsTokens: boolean;
  /** True where the arguments are a text of the person, shown as text beside the command. @default false */
  text?: boolean;
  /**
   * Reads what stands after the name, without the spaces around it. The first issue is shown to the person. It is a function of zod,
   * because the page needs all the rest at once, and zod only when a command is sent.
   */
  schema: (types: ArgumentTypes) => z.ZodType<Args, string>;
}

/** Written as a method's type, so that a command of any arguments is a `Command`. */
type ByArguments<Args> = { readers(args: Args): AnswerReaders }['readers'];

/** Answered by a model: its task is `apps/worker/src/tasks/<name>.ts`. */
export interface ModelCommand<Args = unknown, Data extends RequestData | undefined = RequestData | undefined> extends CommandFacts<Args> {
  answeredBy: 'model';
  answer: AnswerReaders | ByArguments<Args>;
  ask(args: Args): Asked<Data>;
}

/** Answered at once: by `packages/core/src/messages/commands/<name>.ts`. */
export interface CoreCommand<Args = unknown> extends CommandFacts<Args> {
  answeredBy: 'core';
  answer: 'asker';
}

export type Command = ModelCommand | CoreCommand;

/**
 * A slash command. Its file in `contracts/commands` and the one that answers it are all there is of it. `schema` stands before what is
 * called with the arguments, so that their type is known there.
 */
export function defineCommand<Args, Data extends RequestData | undefined>(command: ModelCommand<Args, Data>): ModelCommand<Args, Data>;
export function defineCommand<Args>(command: CoreCommand<Args>): CoreCommand<Args>;
export function defineCommand(command: Command): Command {
  let schema: ReturnType<Command['schema']> | undefined;
  return { ...command, schema: (types) => (schema ??= command.schema(types)) };
}
