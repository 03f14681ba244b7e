import { commandTasks } from '../generated/tasks.js';
import { answerTask } from './built-in/answer-task.js';
import type { CommandTask, Task } from './command-task.js';

/**
 * What a character does that was called so.
 *
 * @param trigger its `kind`: `mention`, `always`, or the name of a command
 * @throws Error for a command without a task: a newer version accepted it, whose workers know it
 */
export function taskOf(trigger: string): Task {
  if (trigger === 'mention' || trigger === 'always') return answerTask;
  const found = Object.values<CommandTask>(commandTasks).find(({ command }) => command === trigger);
  if (!found) throw new Error(`no task is called ${trigger}`);
  return found;
}
