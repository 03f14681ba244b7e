import { roomIdInput, roomsCreateInput, roomsEventsInput, roomsListInput, roomsMarkReadInput } from '@parley/contracts';
import { createRoom, getRoom, joinRoom, leaveRoom, listJoinedRooms, listPublicRooms, markRead } from '@parley/core';
import { liveSubscription } from '../realtime/live-subscription.js';
import { subscribeRoom } from '../realtime/subscribe-room.js';
import { roomSubscriber } from '../realtime/room-subscriber.js';
import { procedure, router } from '../trpc.js';

export const roomsRouter = router({
  list: procedure('rooms.list')
    .input(roomsListInput)
    .query(async ({ ctx, input }) => {
      const { core } = ctx.services;
      return input.scope === 'joined' ? listJoinedRooms(core, ctx.actor) : listPublicRooms(core);
    }),

  create: procedure('rooms.create')
    .input(roomsCreateInput)
    .mutation(async ({ ctx, input }) => {
      const { core, limits, limitRules } = ctx.services;
      await limits.consume(limitRules.roomsPerUser, ctx.actor.userId);
      return createRoom(core, ctx.actor, input);
    }),

  get: procedure('rooms.get')
    .input(roomIdInput)
    .query(({ ctx, input }) => ctx.services.rooms.run(ctx.actor, input.roomId, 'rooms.get', (room) => getRoom(ctx.services.core, room))),

  join: procedure('rooms.join')
    .input(roomIdInput)
    .mutation(({ ctx, input }) =>
      ctx.services.rooms.run(ctx.actor, input.roomId, 'rooms.join', (room) => joinRoom(ctx.services.core, room)),
    ),

  leave: procedure('rooms.leave')
    .input(roomIdInput)
    .mutation(({ ctx, input }) =>
      ctx.services.rooms.run(ctx.actor, input.roomId, 'rooms.leave', (room) => leaveRoom(ctx.services.core, room)),
    ),

  markRead: procedure('rooms.markRead')
    .input(roomsMarkReadInput)
    .mutation(({ ctx, input }) =>
      ctx.services.rooms.run(ctx.actor, input.roomId, 'rooms.markRead', (room) => markRead(ctx.services.core, room, input.seq)),
    ),

  events: procedure('rooms.events')
    .input(roomsEventsInput)
    .subscription(async function* ({ ctx, input, signal }) {
      await ctx.services.rooms.run(ctx.actor, input.roomId, 'rooms.events', async () => {});
      yield* liveSubscription(ctx, signal, (live) => subscribeRoom(ctx.services.hubs, roomSubscriber(ctx), input, live));
    }),
});
