import {
  invitesCreateInput,
  invitesCreateOutput,
  invitesRevokeInput,
  inviteViewSchema,
  maxListedInvites,
  okOutput,
} from '@parley/contracts';
import { inviteToServer } from '@parley/core/accounts/create-invite';
import { listInvites } from '@parley/core/accounts/list-invites';
import { revokeInvite } from '@parley/core/accounts/revoke-invite';
import { declared } from '../answers/declared.js';
import { procedure, router } from '../trpc.js';

export const invitesRouter = router({
  list: procedure('invites.list')
    .output(declared(inviteViewSchema.array().max(maxListedInvites)))
    .query(({ ctx }) => listInvites(ctx.services.core)),

  create: procedure('invites.create', invitesCreateInput)
    .output(declared(invitesCreateOutput))
    .mutation(({ ctx: { services, actor }, input }) => inviteToServer({ ...services.core, rooms: services.rooms }, actor, input)),

  revoke: procedure('invites.revoke', invitesRevokeInput)
    .output(declared(okOutput))
    .mutation(async ({ ctx, input }) => {
      await revokeInvite(ctx.services.core, ctx.actor, input.inviteId);
      return { ok: true as const };
    }),
});
