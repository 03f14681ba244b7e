import {
  adminArchiveRoomInput,
  adminPeopleInput,
  adminPeopleOutput,
  adminRoomInput,
  adminRoomsInput,
  adminRoomsOutput,
  adminSetAdminInput,
  adminUserInput,
  auditListInput,
  auditListOutput,
  okOutput,
  roomViewSchema,
} from '@parley/contracts';
import { endSessionsOf } from '@parley/core/accounts/end-sessions-of';
import { setAdmin } from '@parley/core/accounts/set-admin';
import { listAudit } from '@parley/core/admin/list-audit';
import { listPeople } from '@parley/core/admin/list-people';
import { listRooms } from '@parley/core/admin/list-rooms';
import { takeOverRoom } from '@parley/core/members/take-over-room';
import { archiveRoomAsAdmin } from '@parley/core/rooms/change-room';
import { declared } from '../answers/declared.js';
import { procedure, router } from '../trpc.js';

const ok = { ok: true } as const;

export const adminRouter = router({
  people: procedure('admin.people', adminPeopleInput)
    .output(declared(adminPeopleOutput))
    .query(({ ctx: { services }, input }) => listPeople(services.core, input)),

  setAdmin: procedure('admin.setAdmin', adminSetAdminInput)
    .output(declared(okOutput))
    .mutation(async ({ ctx: { services, actor }, input }) => {
      await setAdmin(services.core, actor, input);
      return ok;
    }),

  endSessions: procedure('admin.endSessions', adminUserInput)
    .output(declared(okOutput))
    .mutation(async ({ ctx: { services, actor }, input }) => {
      await endSessionsOf(services.core, actor, input);
      return ok;
    }),

  rooms: procedure('admin.rooms', adminRoomsInput)
    .output(declared(adminRoomsOutput))
    .query(({ ctx: { services }, input }) => listRooms(services.core, input)),

  archiveRoom: procedure('admin.archiveRoom', adminArchiveRoomInput)
    .output(declared(roomViewSchema))
    .mutation(({ ctx: { services, actor }, input }) => archiveRoomAsAdmin(services.core, actor, input)),

  takeOver: procedure('admin.takeOver', adminRoomInput)
    .output(declared(roomViewSchema))
    .mutation(({ ctx: { services, actor }, input }) => takeOverRoom(services.core, actor, input)),
});

export const auditRouter = router({
  list: procedure('audit.list', auditListInput)
    .output(declared(auditListOutput))
    .query(({ ctx: { services }, input }) => listAudit(services.core, input)),
});
