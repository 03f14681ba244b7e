import {
  budgetLimitsOf,
  maxListedVersions,
  messageIdInput,
  messageViewSchema,
  maxCallsPerStep,
  maxPermissions,
  maxToolSteps,
  okOutput,
  repliesAllowInput,
  repliesChooseInput,
  repliesForbidInput,
  repliesReceiptInput,
  repliesRegenerateInput,
  repliesStopOutput,
  replyReceiptSchema,
  replyVersionSchema,
  toolPermissionSchema,
  waitingCallSchema,
} from '@parley/contracts';
import { chooseVersion } from '@parley/core/replies/choose-version';
import { listReplyVersions } from '@parley/core/replies/list-versions';
import { loadReceipt } from '@parley/core/replies/reply-receipt';
import { regenerateReply } from '@parley/core/replies/regenerate-reply';
import { stopReply } from '@parley/core/replies/stop-private-reply';
import { allowCall } from '@parley/core/replies/tools/allow-call';
import { forbidTool, listPermissions } from '@parley/core/replies/tools/list-permissions';
import { listWaitingCalls } from '@parley/core/replies/tools/waiting-calls';
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

  allow: procedure('replies.allow', repliesAllowInput)
    .output(declared(repliesStopOutput))
    .mutation(({ ctx, input }) => {
      const { core, rooms } = ctx.services;
      return allowCall({ ...core, rooms }, ctx.actor, input);
    }),

  calls: procedure('replies.calls', messageIdInput)
    .output(declared(waitingCallSchema.array().max(maxToolSteps * maxCallsPerStep)))
    .query(({ ctx, input }) => {
      const { core, rooms } = ctx.services;
      return listWaitingCalls({ ...core, rooms }, ctx.actor, input);
    }),

  permissions: procedure('replies.permissions')
    .output(declared(toolPermissionSchema.array().max(maxPermissions)))
    .query(({ ctx }) => listPermissions(ctx.services.core, ctx.actor)),

  forbid: procedure('replies.forbid', repliesForbidInput)
    .output(declared(okOutput))
    .mutation(async ({ ctx, input }) => {
      await forbidTool(ctx.services.core, ctx.actor, input);
      return { ok: true as const };
    }),

  receipt: procedure('replies.receipt', repliesReceiptInput)
    .output(declared(replyReceiptSchema))
    .query(({ ctx, input }) => {
      const { core, rooms } = ctx.services;
      return loadReceipt({ ...core, rooms }, ctx.actor, input);
    }),
});
