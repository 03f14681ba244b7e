import { inboxDismissInput, inboxEventsInput } from '@parley/contracts';
import { dismissPrivateReply } from '@parley/core';
import { liveCall } from '../realtime/surfaces/trpc/live-call.js';
import { procedure, router } from '../trpc.js';
import { subscribeInbox } from './subscribe-inbox.js';

export const inboxRouter = router({
  dismiss: procedure('inbox.dismiss', inboxDismissInput).mutation(({ ctx, input }) =>
    dismissPrivateReply(ctx.services.core, ctx.actor, input.id),
  ),

  events: procedure('inbox.events', inboxEventsInput).subscription(({ ctx, signal }) =>
    liveCall(ctx, signal, (live) => subscribeInbox(ctx.services, ctx.actor, live)),
  ),
});
