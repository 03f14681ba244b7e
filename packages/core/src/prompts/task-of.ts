import { isSaid } from '@parley/contracts';
import { commandTasks } from '../generated/tasks.js';
import { answerTask } from './built-in/answer-task.js';
import type { CommandTask, Task } from './command-task.js';

/**
 * The task of a character that was called by this trigger.
 *
 * @param trigger the trigger's `kind`: `mention`, `always`, `turn`, `ambient`, or the name of a command
 * @throws Error for a command that has no task here: a newer version accepted the call, and its workers know the task
 */
export function taskOf(trigger: string): Task {
  if (isSaid(trigger)) return answerTask;
  const found = Object.values<CommandTask>(commandTasks).find(({ command }) => command === trigger);
  if (!found) throw new Error(`no task is called ${trigger}`);
  return found;
}
