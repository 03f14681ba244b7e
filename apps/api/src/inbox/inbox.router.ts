import { inboxDismissInput, inboxEventsInput } from '@parley/contracts';
import { dismissPrivateReply, listJoinedRooms, listPrivateReplies } from '@parley/core';
import { liveSubscription } from '../realtime/sockets/live-subscription.js';
import { procedure, router } from '../trpc.js';

export const inboxRouter = router({
  dismiss: procedure('inbox.dismiss', inboxDismissInput).mutation(({ ctx, input }) =>
    dismissPrivateReply(ctx.services.core, ctx.actor, input.id),
  ),

  events: procedure('inbox.events', inboxEventsInput).subscription(async function* ({ ctx, signal }) {
    const { inbox, core, calls } = ctx.services;
    const load = async () => {
      const [rooms, privateReplies] = await calls.run(() =>
        Promise.all([listJoinedRooms(core, ctx.actor), listPrivateReplies(core, ctx.actor)]),
      );
      return { type: 'snapshot' as const, rooms, privateReplies };
    };
    yield* liveSubscription(ctx, signal, (live) => inbox.events(ctx.actor.userId, load, live));
  }),
});
