import type { RequestData } from '@parley/contracts';
import type { ModelCommand } from '@parley/contracts/commands';
import type { PromptContext, PromptTask } from './prompt-context.js';

/** What a character does where it is called. */
export interface Task<Data extends RequestData | undefined = RequestData | undefined> {
  /** Which messages it reads where the request does not say. @default all recent ones, those summed up that are too many */
  messages?: PromptTask['scope'];
  /**
   * What a model is asked, after the conversation.
   *
   * @param who names whoever asked, as `Bo (@bo)`
   */
  instruct(task: PromptTask<Data>, who: string): string;
  /** The whole answer of the built-in model, as Markdown. The same context must give the same text. */
  compose(context: PromptContext<Data>): string;
}

export interface CommandTask extends Task {
  command: string;
}

/** The task of a command that a model answers: the default of `tasks/<name>.ts`. `data` of a request is what the command keeps there. */
export function defineTask<Args, Data extends RequestData | undefined>({ name }: ModelCommand<Args, Data>, task: Task<Data>): CommandTask {
  return { ...(task as Task), command: name };
}
