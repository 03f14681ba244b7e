import { inboxEventsInput } from '@parley/contracts';
import { listJoinedRooms, listPrivateReplies } from '@parley/core';
import { procedure, router } from '../trpc.js';

export const inboxRouter = router({
  events: procedure('inbox.events')
    .input(inboxEventsInput)
    .subscription(async function* ({ ctx, signal }) {
      const { inbox, core } = ctx.services;
      const reader = await inbox.open(ctx.actor.userId);
      yield* reader.events(async () => {
        const [rooms, privateReplies] = await Promise.all([listJoinedRooms(core, ctx.actor), listPrivateReplies(core, ctx.actor)]);
        return { type: 'snapshot', rooms, privateReplies };
      }, signal);
    }),
});
