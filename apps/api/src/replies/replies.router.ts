import {
  budgetLimitsOf,
  maxListedVersions,
  messageIdInput,
  messageViewSchema,
  repliesChooseInput,
  repliesReceiptInput,
  repliesRegenerateInput,
  repliesStopOutput,
  replyReceiptSchema,
  replyVersionSchema,
} from '@parley/contracts';
import { chooseVersion } from '@parley/core/replies/choose-version';
import { listReplyVersions } from '@parley/core/replies/list-versions';
import { loadReceipt } from '@parley/core/replies/reply-receipt';
import { regenerateReply } from '@parley/core/replies/regenerate-reply';
import { stopReply } from '@parley/core/replies/stop-private-reply';
import { withAllowedModel } from '../characters/with-allowed-model.js';
import { declared } from '../answers/declared.js';
import { procedure, router } from '../trpc.js';

export const repliesRouter = router({
  stop: procedure('replies.stop', messageIdInput)
    .output(declared(repliesStopOutput))
    .mutation(({ ctx, input }) => {
      const { core, rooms } = ctx.services;
      return stopReply({ ...core, rooms }, ctx.actor, input);
    }),

  regenerate: procedure('replies.regenerate', repliesRegenerateInput)
    .output(declared(messageViewSchema))
    .mutation(({ ctx, input }) => {
      const { core, env, rooms } = ctx.services;
      const { messageId, ...wish } = withAllowedModel(ctx.services, input);
      const budgets = budgetLimitsOf(env);
      return rooms.runOfMessage(ctx.actor, messageId, 'replies.regenerate', (reply) => regenerateReply(core, reply, { ...wish, budgets }));
    }),

  versions: procedure('replies.versions', messageIdInput)
    .output(declared(replyVersionSchema.array().max(maxListedVersions)))
    .query(({ ctx, input }) =>
      ctx.services.rooms.runOfMessage(ctx.actor, input.messageId, 'replies.versions', (reply) =>
        listReplyVersions(ctx.services.core, reply),
      ),
    ),

  choose: procedure('replies.choose', repliesChooseInput)
    .output(declared(messageViewSchema))
    .mutation(({ ctx, input }) =>
      ctx.services.rooms.runOfMessage(ctx.actor, input.messageId, 'replies.choose', (reply) =>
        chooseVersion(ctx.services.core, reply, input),
      ),
    ),

  receipt: procedure('replies.receipt', repliesReceiptInput)
    .output(declared(replyReceiptSchema))
    .query(({ ctx, input }) => {
      const { core, rooms } = ctx.services;
      return loadReceipt({ ...core, rooms }, ctx.actor, input);
    }),
});
