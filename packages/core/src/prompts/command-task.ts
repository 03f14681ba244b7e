import type { RequestData, Steps } from '@parley/contracts';
import type { ModelCommand } from '@parley/contracts/commands';
import type { PromptContext, PromptTask } from './prompt-context.js';

/** What a character does when it is called. */
export interface Task<Data extends RequestData | undefined = RequestData | undefined> {
  /** Which messages the task reads when the request does not say. @default all recent ones; those that do not fit are summarised */
  messages?: PromptTask['scope'];
  /** True where each point of the answer names the message it is taken from, and one that names none is marked. @default false */
  cites?: true;
  /** True where the character may call its tools for it. @default false */
  usesTools?: true;
  /**
   * What the model is asked to do. The prompt says this after the conversation.
   *
   * @param who names the person or character who asked, as `@bo`
   */
  instruct(task: PromptTask<Data>, who: string): string;
  /**
   * The whole answer of the built-in model, as Markdown. The same context must give the same text. What reads the room is in steps, so that
   * it does not hold the process.
   */
  compose(context: PromptContext<Data>): string | Steps<string>;
}

export interface CommandTask extends Task {
  command: string;
}

/**
 * Makes the task of a command that a model answers: the default export of `tasks/<name>.ts`. The request's `data` is what the command
 * keeps there.
 */
export function defineTask<Args, Data extends RequestData | undefined>({ name }: ModelCommand<Args, Data>, task: Task<Data>): CommandTask {
  return { ...(task as Task), command: name };
}
