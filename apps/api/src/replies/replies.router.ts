import { messageIdInput, messageViewSchema, repliesStopOutput, replyVersionSchema } from '@parley/contracts';
import { listReplyVersions, regenerateReply, stopReply } from '@parley/core';
import { declared } from '../answers/declared.js';
import { procedure, router } from '../trpc.js';

export const repliesRouter = router({
  stop: procedure('replies.stop', messageIdInput)
    .output(declared(repliesStopOutput))
    .mutation(({ ctx, input }) => stopReply(ctx.services.core, ctx.actor, ctx.services.rooms, input.messageId)),

  regenerate: procedure('replies.regenerate', messageIdInput)
    .output(declared(messageViewSchema))
    .mutation(async ({ ctx, input }) => {
      const { core, env, rooms } = ctx.services;
      const dailyTokens = env.AI_DAILY_TOKENS_PER_USER;
      return regenerateReply(core, ctx.actor, rooms, { ...input, dailyTokens });
    }),

  versions: procedure('replies.versions', messageIdInput)
    .output(declared(replyVersionSchema.array()))
    .query(({ ctx, input }) => listReplyVersions(ctx.services.core, ctx.actor, ctx.services.rooms, input.messageId)),
});
