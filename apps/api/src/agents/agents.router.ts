import {
  agentsDoneInput,
  agentsEndOutput,
  agentsFailInput,
  agentsNextInput,
  agentsNextOutput,
  agentsWriteInput,
  agentsWriteOutput,
} from '@parley/contracts';
import { declared } from '../answers/declared.js';
import type { Context } from '../context.js';
import { procedure, router } from '../trpc.js';

export const agentsRouter = router({
  next: procedure('agents.next', agentsNextInput)
    .output(declared(agentsNextOutput))
    .mutation(async ({ ctx, input: { handle, wait } }) => ({
      task: await ctx.services.agents.next(ctx.actor, handle, wait, callerGone(ctx)),
    })),

  write: procedure('agents.write', agentsWriteInput)
    .output(declared(agentsWriteOutput))
    .mutation(({ ctx, input: { taskId, attempt, offset, text, wait } }) =>
      ctx.services.agents.write(ctx.actor, { id: taskId, attempt }, { offset, text, waitMs: wait }, callerGone(ctx)),
    ),

  done: procedure('agents.done', agentsDoneInput)
    .output(declared(agentsEndOutput))
    .mutation(async ({ ctx, input: { taskId, attempt, text, length, stopped, usage = null } }) => ({
      message: await ctx.services.agents.done(ctx.actor, { id: taskId, attempt }, { text, length, stopped, usage }),
    })),

  fail: procedure('agents.fail', agentsFailInput)
    .output(declared(agentsEndOutput))
    .mutation(async ({ ctx, input: { taskId, attempt, message, retry } }) => ({
      message: await ctx.services.agents.fail(ctx.actor, { id: taskId, attempt }, { message, retry }),
    })),
});

/** Aborted when the connection of the call is closed before it is answered. */
function callerGone({ http }: Pick<Context, 'http'>): AbortSignal {
  const gone = new AbortController();
  http?.reply.raw.once('close', () => gone.abort());
  return gone.signal;
}
