import {
  roomIdInput,
  roomsAddCharacterInput,
  roomsArchiveInput,
  roomsCreateInput,
  roomsDirectInput,
  roomsEventsInput,
  roomsListInput,
  roomsMarkReadInput,
  roomsMemberInput,
  roomsRemoveCharacterInput,
  roomsSetMuteInput,
  roomsSetRoleInput,
  roomsUpdateInput,
} from '@parley/contracts';
import {
  addCharacter,
  addMember,
  archiveRoom,
  createRoom,
  getRoom,
  joinRoom,
  leaveRoom,
  listJoinedRooms,
  listPublicRooms,
  markRead,
  openDirectRoom,
  removeCharacter,
  removeMember,
  setMute,
  setRole,
  updateRoom,
} from '@parley/core';
import { liveSubscription } from '../realtime/sockets/live-subscription.js';
import { subscribeRoom } from '../realtime/room/subscribe-room.js';
import { roomSubscriber } from '../realtime/surfaces/trpc/room-subscriber.js';
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

  setMute: procedure('rooms.setMute')
    .input(roomsSetMuteInput)
    .mutation(({ ctx, input }) =>
      ctx.services.rooms.run(ctx.actor, input.roomId, 'rooms.setMute', (room) => setMute(ctx.services.core, room, input.muted)),
    ),

  update: procedure('rooms.update')
    .input(roomsUpdateInput)
    .mutation(({ ctx, input }) =>
      ctx.services.rooms.run(ctx.actor, input.roomId, 'rooms.update', (room) => updateRoom(ctx.services.core, room, input)),
    ),

  archive: procedure('rooms.archive')
    .input(roomsArchiveInput)
    .mutation(({ ctx, input }) =>
      ctx.services.rooms.run(ctx.actor, input.roomId, 'rooms.archive', (room) => archiveRoom(ctx.services.core, room, input.archived)),
    ),

  addMember: procedure('rooms.addMember')
    .input(roomsMemberInput)
    .mutation(({ ctx, input }) =>
      ctx.services.rooms.run(ctx.actor, input.roomId, 'rooms.addMember', (room) => addMember(ctx.services.core, room, input.username)),
    ),

  removeMember: procedure('rooms.removeMember')
    .input(roomsMemberInput)
    .mutation(({ ctx, input }) =>
      ctx.services.rooms.run(ctx.actor, input.roomId, 'rooms.removeMember', (room) =>
        removeMember(ctx.services.core, room, input.username),
      ),
    ),

  setRole: procedure('rooms.setRole')
    .input(roomsSetRoleInput)
    .mutation(({ ctx, input }) =>
      ctx.services.rooms.run(ctx.actor, input.roomId, 'rooms.setRole', (room) =>
        setRole(ctx.services.core, room, input.username, input.role),
      ),
    ),

  direct: procedure('rooms.direct')
    .input(roomsDirectInput)
    .mutation(async ({ ctx, input }) => {
      const { core, limits, limitRules } = ctx.services;
      await limits.consume(limitRules.roomsPerUser, ctx.actor.userId);
      return openDirectRoom(core, ctx.actor, input);
    }),

  addCharacter: procedure('rooms.addCharacter')
    .input(roomsAddCharacterInput)
    .mutation(({ ctx, input }) =>
      ctx.services.rooms.run(ctx.actor, input.roomId, 'rooms.addCharacter', (room) => addCharacter(ctx.services.core, room, input)),
    ),

  removeCharacter: procedure('rooms.removeCharacter')
    .input(roomsRemoveCharacterInput)
    .mutation(({ ctx, input }) =>
      ctx.services.rooms.run(ctx.actor, input.roomId, 'rooms.removeCharacter', (room) =>
        removeCharacter(ctx.services.core, room, input.characterId),
      ),
    ),

  events: procedure('rooms.events')
    .input(roomsEventsInput)
    .subscription(async function* ({ ctx, input, signal }) {
      await ctx.services.rooms.run(ctx.actor, input.roomId, 'rooms.events', async () => {});
      yield* liveSubscription(ctx, signal, (live) => subscribeRoom(ctx.services.hubs, roomSubscriber(ctx), input, live));
    }),
});
