import { inboxDismissInput, inboxEventSchema, inboxEventsInput, privateReplySchema } from '@parley/contracts';
import { dismissPrivateReply } from '@parley/core/replies/stop-private-reply';
import { declared, declaredEvents } from '../answers/declared.js';
import { liveCall } from '../realtime/surfaces/trpc/live-call.js';
import { procedure, router } from '../trpc.js';
import { subscribeInbox } from './subscribe-inbox.js';

export const inboxRouter = router({
  dismiss: procedure('inbox.dismiss', inboxDismissInput)
    .output(declared(privateReplySchema))
    .mutation(({ ctx, input }) => dismissPrivateReply(ctx.services.core, ctx.actor, input.id)),

  events: procedure('inbox.events', inboxEventsInput)
    .output(declaredEvents(inboxEventSchema))
    .subscription(({ ctx, signal }) => liveCall(ctx, signal, (live) => subscribeInbox(ctx.services, ctx.actor, live))),
});
