import { Backoff } from '../../backoff.js';
import { retryOfCode } from '../../retry-of-code.js';
import type { Calls } from '../calls/calls.js';
import { delay } from '../calls/delay.js';
import { ParleyError } from '../parley-error.js';
import { AgentTask } from './agent-task.js';
import type { AgentTaskView } from '../views.js';

/** How long one call waits for a task, in milliseconds. */
const waitMs = 25_000;

/** A character whose answers this program writes: one made with `model: 'agent'`, by its owner's key with the scope `agents:serve`. */
export class Agent {
  readonly #calls: Calls;
  readonly #path: string;

  /** @param handle of the character, with or without the `@` */
  constructor(calls: Calls, handle: string) {
    this.#calls = calls;
    this.#path = `/api/agents/${encodeURIComponent(handle.replace(/^@/, ''))}/tasks`;
  }

  /**
   * The answers that the character owes, as it is called, until the loop is left or `signal` aborts. The next one comes when the loop asks for it: who
   * does not wait for one before that, writes several at once. A task that is not ended when the loop is left is let go, for another process to take
   * over.
   *
   * @throws ParleyError where the server refuses for good
   */
  async *tasks({ signal }: { signal?: AbortSignal | undefined } = {}): AsyncGenerator<AgentTask, void, undefined> {
    const open = new Set<AgentTask>();
    const backoff = new Backoff(this.#calls.backoff);
    try {
      while (!signal?.aborted) {
        let view: AgentTaskView | null = null;
        try {
          ({ task: view } = await this.#calls.call<{ task: AgentTaskView | null }>('POST', this.#path, {
            body: { wait: waitMs },
            mayRepeat: true,
            timeoutMs: waitMs + 20_000,
            signal,
          }));
          backoff.reset();
        } catch (error) {
          if (signal?.aborted) return;
          if (!(error instanceof ParleyError) || retryOfCode[error.code] === undefined) throw error;
          await delay(error.retryAfterMs ?? backoff.next(), signal);
        }
        if (!view) continue;
        const task = new AgentTask(this.#calls, view, (over) => open.delete(over));
        open.add(task);
        yield task;
      }
    } finally {
      for (const task of open) task.letGo();
    }
  }
}
