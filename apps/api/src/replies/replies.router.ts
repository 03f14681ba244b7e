import { messageIdInput } from '@parley/contracts';
import { requestStop } from '@parley/core';
import { procedure, router } from '../trpc.js';

export const repliesRouter = router({
  stop: procedure('replies.stop')
    .input(messageIdInput)
    .mutation(({ ctx, input }) => requestStop(ctx.services.core, ctx.actor, ctx.services.rooms, input.messageId)),
});
