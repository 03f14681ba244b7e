import {
  maxCharactersPerRoom,
  memberViewSchema,
  mineSchema,
  roomCharacterViewSchema,
  roomEventSchema,
  roomIdInput,
  okOutput,
  roomsAddCharacterInput,
  roomsAddMemberOutput,
  roomsArchiveInput,
  roomsCreateInput,
  roomsDirectInput,
  roomsEventsInput,
  roomsGetOutput,
  roomsBrowseOutput,
  roomsInvitationsOutput,
  roomsListInput,
  roomsListOutput,
  roomsMarkReadInput,
  roomsMarkReadOutput,
  roomsMemberInput,
  roomsMembersInput,
  roomsMembersOutput,
  roomsPauseAiInput,
  roomsRemoveCharacterInput,
  roomsRetentionOutput,
  roomsSetMuteInput,
  roomsBansOutput,
  roomsSetRoleInput,
  roomsSetWordsInput,
  roomsSilenceInput,
  roomsWordsOutput,
  roomsUpdateInput,
  roomViewSchema,
} from '@parley/contracts';
import { addCharacter } from '@parley/core/characters/add-character';
import { removeCharacter } from '@parley/core/characters/remove-character';
import { acceptInvitation } from '@parley/core/members/accept-invitation';
import { addMember } from '@parley/core/members/add-member';
import { banMember } from '@parley/core/members/ban-member';
import { declineInvitation } from '@parley/core/members/decline-invitation';
import { joinRoom } from '@parley/core/members/join-room';
import { leaveRoom } from '@parley/core/members/leave-room';
import { listBans } from '@parley/core/members/list-bans';
import { listInvitations } from '@parley/core/members/list-invitations';
import { listMembers } from '@parley/core/members/list-members';
import { markRead } from '@parley/core/members/mark-read';
import { removeMember } from '@parley/core/members/remove-member';
import { setMute } from '@parley/core/members/set-mute';
import { silenceMember } from '@parley/core/members/silence-member';
import { setRole } from '@parley/core/members/set-role';
import { unbanMember } from '@parley/core/members/unban-member';
import { withdrawInvitation } from '@parley/core/members/withdraw-invitation';
import { archiveRoom } from '@parley/core/rooms/archive-room';
import { ensureMay } from '@parley/core/access/ensure-may';
import { loadBlockedWords, setBlockedWords } from '@parley/core/rooms/blocked-words';
import { createRoom } from '@parley/core/rooms/create-room';
import { getRoom } from '@parley/core/rooms/get-room';
import { listJoinedRooms } from '@parley/core/rooms/list-joined-rooms';
import { listPublicRooms } from '@parley/core/rooms/list-public-rooms';
import { listRoomCharacters } from '@parley/core/rooms/list-room-characters';
import { pauseAi } from '@parley/core/replies/pause-ai';
import { openDirectRoom } from '@parley/core/rooms/open-direct-room';
import { loadRetention } from '@parley/core/rooms/retention';
import { updateRoom } from '@parley/core/rooms/update-room';
import { declared, declaredTracked } from '../answers/declared.js';
import { liveCall } from '../realtime/surfaces/trpc/live-call.js';
import { roomEvents } from '../realtime/surfaces/trpc/room-events.js';
import { procedure, router } from '../trpc.js';

export const roomsRouter = router({
  list: procedure('rooms.list', roomsListInput)
    .output(declared(roomsListOutput))
    .query(({ ctx: { services, actor }, input }) =>
      input.scope === 'joined' ? listJoinedRooms(services.core, actor) : (listPublicRooms(services.core, actor) as Promise<never>),
    ),

  browse: procedure('rooms.browse')
    .output(declared(roomsBrowseOutput))
    .query(({ ctx }) => listPublicRooms(ctx.services.core, ctx.actor)),

  create: procedure('rooms.create', roomsCreateInput)
    .output(declared(roomViewSchema))
    .mutation(({ ctx, input }) => createRoom(ctx.services.core, ctx.actor, input)),

  get: procedure('rooms.get', roomIdInput)
    .output(declared(roomsGetOutput))
    .query(({ ctx, input }) => ctx.services.rooms.run(ctx.actor, input.roomId, 'rooms.get', (room) => getRoom(ctx.services.core, room))),

  members: procedure('rooms.members', roomsMembersInput)
    .output(declared(roomsMembersOutput))
    .query(({ ctx, input }) =>
      ctx.services.rooms.run(ctx.actor, input.roomId, 'rooms.members', (room) => listMembers(ctx.services.core, room, input)),
    ),

  characters: procedure('rooms.characters', roomIdInput)
    .output(declared(roomCharacterViewSchema.array().max(maxCharactersPerRoom)))
    .query(({ ctx, input }) =>
      ctx.services.rooms.run(ctx.actor, input.roomId, 'rooms.characters', (room) => listRoomCharacters(ctx.services.core, room)),
    ),

  join: procedure('rooms.join', roomIdInput)
    .output(declared(roomViewSchema))
    .mutation(({ ctx, input }) =>
      ctx.services.rooms.run(ctx.actor, input.roomId, 'rooms.join', (room) => joinRoom(ctx.services.core, room)),
    ),

  leave: procedure('rooms.leave', roomIdInput)
    .output(declared(roomViewSchema))
    .mutation(({ ctx, input }) =>
      ctx.services.rooms.run(ctx.actor, input.roomId, 'rooms.leave', (room) => leaveRoom(ctx.services.core, room)),
    ),

  markRead: procedure('rooms.markRead', roomsMarkReadInput)
    .output(declared(roomsMarkReadOutput))
    .mutation(({ ctx, input }) =>
      ctx.services.rooms.run(ctx.actor, input.roomId, 'rooms.markRead', (room) => markRead(ctx.services.core, room, input.seq)),
    ),

  setMute: procedure('rooms.setMute', roomsSetMuteInput)
    .output(declared(mineSchema))
    .mutation(({ ctx, input }) =>
      ctx.services.rooms.run(ctx.actor, input.roomId, 'rooms.setMute', (room) => setMute(ctx.services.core, room, input.muted)),
    ),

  update: procedure('rooms.update', roomsUpdateInput)
    .output(declared(roomViewSchema))
    .mutation(({ ctx, input }) =>
      ctx.services.rooms.run(ctx.actor, input.roomId, 'rooms.update', (room) =>
        updateRoom({ ...ctx.services.core, retention: ctx.services.retention() }, room, input),
      ),
    ),

  retention: procedure('rooms.retention', roomIdInput)
    .output(declared(roomsRetentionOutput))
    .query(({ ctx: { services, actor }, input }) =>
      services.rooms.run(actor, input.roomId, 'rooms.retention', (room) =>
        loadRetention({ ...services.core, retention: services.retention() }, room),
      ),
    ),

  archive: procedure('rooms.archive', roomsArchiveInput)
    .output(declared(roomViewSchema))
    .mutation(({ ctx, input }) =>
      ctx.services.rooms.run(ctx.actor, input.roomId, 'rooms.archive', (room) => archiveRoom(ctx.services.core, room, input.archived)),
    ),

  pauseAi: procedure('rooms.pauseAi', roomsPauseAiInput)
    .output(declared(roomViewSchema))
    .mutation(({ ctx, input }) =>
      ctx.services.rooms.run(ctx.actor, input.roomId, 'rooms.pauseAi', (room) => pauseAi(ctx.services.core, room, input.paused)),
    ),

  addMember: procedure('rooms.addMember', roomsMemberInput)
    .output(declared(roomsAddMemberOutput))
    .mutation(({ ctx, input }) =>
      ctx.services.rooms.run(ctx.actor, input.roomId, 'rooms.addMember', (room) => addMember(ctx.services.core, room, input.username)),
    ),

  withdrawInvitation: procedure('rooms.withdrawInvitation', roomsMemberInput)
    .output(declared(okOutput))
    .mutation(async ({ ctx, input }) => {
      await ctx.services.rooms.run(ctx.actor, input.roomId, 'rooms.withdrawInvitation', (room) =>
        withdrawInvitation(ctx.services.core, room, input.username),
      );
      return { ok: true };
    }),

  invitations: procedure('rooms.invitations')
    .output(declared(roomsInvitationsOutput))
    .query(({ ctx }) => listInvitations(ctx.services.core, ctx.actor)),

  acceptInvitation: procedure('rooms.acceptInvitation', roomIdInput)
    .output(declared(roomViewSchema))
    .mutation(({ ctx, input }) =>
      ctx.services.rooms.run(ctx.actor, input.roomId, 'rooms.acceptInvitation', (room) => acceptInvitation(ctx.services.core, room)),
    ),

  declineInvitation: procedure('rooms.declineInvitation', roomIdInput)
    .output(declared(okOutput))
    .mutation(async ({ ctx, input }) => {
      await ctx.services.rooms.run(ctx.actor, input.roomId, 'rooms.declineInvitation', (room) =>
        declineInvitation(ctx.services.core, room),
      );
      return { ok: true };
    }),

  removeMember: procedure('rooms.removeMember', roomsMemberInput)
    .output(declared(roomViewSchema))
    .mutation(({ ctx, input }) =>
      ctx.services.rooms.run(ctx.actor, input.roomId, 'rooms.removeMember', (room) =>
        removeMember(ctx.services.core, room, input.username),
      ),
    ),

  words: procedure('rooms.words', roomIdInput)
    .output(declared(roomsWordsOutput))
    .query(({ ctx, input }) =>
      ctx.services.rooms.run(ctx.actor, input.roomId, 'rooms.words', (room) => {
        ensureMay(room);
        return loadBlockedWords(ctx.services.core, room);
      }),
    ),

  setWords: procedure('rooms.setWords', roomsSetWordsInput)
    .output(declared(roomsWordsOutput))
    .mutation(({ ctx, input }) =>
      ctx.services.rooms.run(ctx.actor, input.roomId, 'rooms.setWords', (room) => setBlockedWords(ctx.services.core, room, input)),
    ),

  silence: procedure('rooms.silence', roomsSilenceInput)
    .output(declared(memberViewSchema))
    .mutation(({ ctx, input }) =>
      ctx.services.rooms.run(ctx.actor, input.roomId, 'rooms.silence', (room) => silenceMember(ctx.services.core, room, input)),
    ),

  ban: procedure('rooms.ban', roomsMemberInput)
    .output(declared(roomViewSchema))
    .mutation(({ ctx, input }) =>
      ctx.services.rooms.run(ctx.actor, input.roomId, 'rooms.ban', (room) => banMember(ctx.services.core, room, input.username)),
    ),

  unban: procedure('rooms.unban', roomsMemberInput)
    .output(declared(okOutput))
    .mutation(async ({ ctx, input }) => {
      await ctx.services.rooms.run(ctx.actor, input.roomId, 'rooms.unban', (room) => unbanMember(ctx.services.core, room, input.username));
      return { ok: true };
    }),

  bans: procedure('rooms.bans', roomIdInput)
    .output(declared(roomsBansOutput))
    .query(({ ctx, input }) => ctx.services.rooms.run(ctx.actor, input.roomId, 'rooms.bans', (room) => listBans(ctx.services.core, room))),

  setRole: procedure('rooms.setRole', roomsSetRoleInput)
    .output(declared(memberViewSchema))
    .mutation(({ ctx, input }) =>
      ctx.services.rooms.run(ctx.actor, input.roomId, 'rooms.setRole', (room) => setRole(ctx.services.core, room, input)),
    ),

  direct: procedure('rooms.direct', roomsDirectInput)
    .output(declared(roomViewSchema))
    .mutation(({ ctx, input }) => openDirectRoom(ctx.services.core, ctx.actor, input)),

  addCharacter: procedure('rooms.addCharacter', roomsAddCharacterInput)
    .output(declared(roomCharacterViewSchema))
    .mutation(({ ctx, input }) =>
      ctx.services.rooms.run(ctx.actor, input.roomId, 'rooms.addCharacter', (room) => addCharacter(ctx.services.core, room, input)),
    ),

  removeCharacter: procedure('rooms.removeCharacter', roomsRemoveCharacterInput)
    .output(declared(roomCharacterViewSchema))
    .mutation(({ ctx, input }) =>
      ctx.services.rooms.run(ctx.actor, input.roomId, 'rooms.removeCharacter', (room) =>
        removeCharacter(ctx.services.core, room, input.characterId),
      ),
    ),

  events: procedure('rooms.events', roomsEventsInput)
    .output(declaredTracked(roomEventSchema))
    .subscription(({ ctx, input, signal }) => liveCall(ctx, signal, (live) => roomEvents(ctx, input, live))),
});
