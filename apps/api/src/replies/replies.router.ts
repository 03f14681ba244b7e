import {
  budgetLimitsOf,
  maxListedVersions,
  messageIdInput,
  messageViewSchema,
  repliesReceiptInput,
  repliesStopOutput,
  replyReceiptSchema,
  replyVersionSchema,
} from '@parley/contracts';
import { listReplyVersions } from '@parley/core/replies/list-versions';
import { loadReceipt } from '@parley/core/replies/reply-receipt';
import { regenerateReply } from '@parley/core/replies/regenerate-reply';
import { stopReply } from '@parley/core/replies/stop-private-reply';
import { declared } from '../answers/declared.js';
import { procedure, router } from '../trpc.js';

export const repliesRouter = router({
  stop: procedure('replies.stop', messageIdInput)
    .output(declared(repliesStopOutput))
    .mutation(({ ctx, input }) => {
      const { core, rooms } = ctx.services;
      return stopReply({ ...core, rooms }, ctx.actor, input);
    }),

  regenerate: procedure('replies.regenerate', messageIdInput)
    .output(declared(messageViewSchema))
    .mutation(({ ctx, input }) => {
      const { core, env, rooms } = ctx.services;
      const budgets = budgetLimitsOf(env);
      return rooms.runOfMessage(ctx.actor, input.messageId, 'replies.regenerate', (reply) => regenerateReply(core, reply, { budgets }));
    }),

  versions: procedure('replies.versions', messageIdInput)
    .output(declared(replyVersionSchema.array().max(maxListedVersions)))
    .query(({ ctx, input }) =>
      ctx.services.rooms.runOfMessage(ctx.actor, input.messageId, 'replies.versions', (reply) =>
        listReplyVersions(ctx.services.core, reply),
      ),
    ),

  receipt: procedure('replies.receipt', repliesReceiptInput)
    .output(declared(replyReceiptSchema))
    .query(({ ctx, input }) => {
      const { core, rooms } = ctx.services;
      return loadReceipt({ ...core, rooms }, ctx.actor, input);
    }),
});
