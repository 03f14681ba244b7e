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
import { liveCall } from '../realtime/surfaces/trpc/live-call.js';
import { roomEvents } from '../realtime/surfaces/trpc/room-events.js';
import { procedure, router } from '../trpc.js';

export const roomsRouter = router({
  list: procedure('rooms.list', roomsListInput).query(async ({ ctx, input }) => {
    const { core } = ctx.services;
    return input.scope === 'joined' ? listJoinedRooms(core, ctx.actor) : listPublicRooms(core);
  }),

  create: procedure('rooms.create', roomsCreateInput).mutation(({ ctx, input }) => createRoom(ctx.services.core, ctx.actor, input)),

  get: procedure('rooms.get', roomIdInput).query(({ ctx, input }) =>
    ctx.services.rooms.run(ctx.actor, input.roomId, 'rooms.get', (room) => getRoom(ctx.services.core, room)),
  ),

  join: procedure('rooms.join', roomIdInput).mutation(({ ctx, input }) =>
    ctx.services.rooms.run(ctx.actor, input.roomId, 'rooms.join', (room) => joinRoom(ctx.services.core, room)),
  ),

  leave: procedure('rooms.leave', roomIdInput).mutation(({ ctx, input }) =>
    ctx.services.rooms.run(ctx.actor, input.roomId, 'rooms.leave', (room) => leaveRoom(ctx.services.core, room)),
  ),

  markRead: procedure('rooms.markRead', roomsMarkReadInput).mutation(({ ctx, input }) =>
    ctx.services.rooms.run(ctx.actor, input.roomId, 'rooms.markRead', (room) => markRead(ctx.services.core, room, input.seq)),
  ),

  setMute: procedure('rooms.setMute', roomsSetMuteInput).mutation(({ ctx, input }) =>
    ctx.services.rooms.run(ctx.actor, input.roomId, 'rooms.setMute', (room) => setMute(ctx.services.core, room, input.muted)),
  ),

  update: procedure('rooms.update', roomsUpdateInput).mutation(({ ctx, input }) =>
    ctx.services.rooms.run(ctx.actor, input.roomId, 'rooms.update', (room) => updateRoom(ctx.services.core, room, input)),
  ),

  archive: procedure('rooms.archive', roomsArchiveInput).mutation(({ ctx, input }) =>
    ctx.services.rooms.run(ctx.actor, input.roomId, 'rooms.archive', (room) => archiveRoom(ctx.services.core, room, input.archived)),
  ),

  addMember: procedure('rooms.addMember', roomsMemberInput).mutation(({ ctx, input }) =>
    ctx.services.rooms.run(ctx.actor, input.roomId, 'rooms.addMember', (room) => addMember(ctx.services.core, room, input.username)),
  ),

  removeMember: procedure('rooms.removeMember', roomsMemberInput).mutation(({ ctx, input }) =>
    ctx.services.rooms.run(ctx.actor, input.roomId, 'rooms.removeMember', (room) => removeMember(ctx.services.core, room, input.username)),
  ),

  setRole: procedure('rooms.setRole', roomsSetRoleInput).mutation(({ ctx, input }) =>
    ctx.services.rooms.run(ctx.actor, input.roomId, 'rooms.setRole', (room) =>
      setRole(ctx.services.core, room, input.username, input.role),
    ),
  ),

  direct: procedure('rooms.direct', roomsDirectInput).mutation(({ ctx, input }) => openDirectRoom(ctx.services.core, ctx.actor, input)),

  addCharacter: procedure('rooms.addCharacter', roomsAddCharacterInput).mutation(({ ctx, input }) =>
    ctx.services.rooms.run(ctx.actor, input.roomId, 'rooms.addCharacter', (room) => addCharacter(ctx.services.core, room, input)),
  ),

  removeCharacter: procedure('rooms.removeCharacter', roomsRemoveCharacterInput).mutation(({ ctx, input }) =>
    ctx.services.rooms.run(ctx.actor, input.roomId, 'rooms.removeCharacter', (room) =>
      removeCharacter(ctx.services.core, room, input.characterId),
    ),
  ),

  events: procedure('rooms.events', roomsEventsInput).subscription(({ ctx, input, signal }) =>
    liveCall(ctx, signal, (live) => roomEvents(ctx, input, live)),
  ),
});
