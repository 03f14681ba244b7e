import {
  accountViewSchema,
  maxSearchResults,
  okOutput,
  removalViewSchema,
  usersAccountInput,
  usersRemovalsOutput,
  usersRemoveAccountInput,
  usersRemovePersonInput,
  usersResetLinkOutput,
  usersSearchInput,
  usersUpdateProfileInput,
  userViewSchema,
} from '@parley/contracts';
import { disableAccount } from '@parley/core/accounts/disable-account';
import { enableAccount } from '@parley/core/accounts/enable-account';
import { listRemovals } from '@parley/core/accounts/removals';
import { removeOwnAccount, removePerson } from '@parley/core/privacy/remove-person';
import { removeSecondStepOf } from '@parley/core/accounts/remove-second-step';
import { makeResetLink } from '@parley/core/accounts/reset-link';
import { searchUsers } from '@parley/core/accounts/search-users';
import { updateProfile } from '@parley/core/accounts/update-profile';
import { declared } from '../answers/declared.js';
import { readRefreshCookies } from '../auth/refresh-cookie.js';
import { procedure, router } from '../trpc.js';

export const usersRouter = router({
  search: procedure('users.search', usersSearchInput)
    .output(declared(userViewSchema.array().max(maxSearchResults)))
    .query(({ ctx, input }) => searchUsers(ctx.services.core, input)),

  updateProfile: procedure('users.updateProfile', usersUpdateProfileInput)
    .output(declared(accountViewSchema))
    .mutation(({ ctx, input }) => updateProfile(ctx.services.core, ctx.actor, input)),

  disable: procedure('users.disable', usersAccountInput)
    .output(declared(okOutput))
    .mutation(async ({ ctx, input }) => {
      await disableAccount(ctx.services.core, ctx.actor, input);
      return { ok: true as const };
    }),

  enable: procedure('users.enable', usersAccountInput)
    .output(declared(okOutput))
    .mutation(async ({ ctx, input }) => {
      await enableAccount(ctx.services.core, ctx.actor, input);
      return { ok: true as const };
    }),

  removePerson: procedure('users.removePerson', usersRemovePersonInput)
    .output(declared(removalViewSchema))
    .mutation(({ ctx: { services, actor }, input }) => removePerson({ ...services.core, rooms: services.rooms }, actor, input)),

  removals: procedure('users.removals')
    .output(declared(usersRemovalsOutput))
    .query(({ ctx }) => listRemovals(ctx.services.core, ctx.actor)),

  resetLink: procedure('users.resetLink', usersAccountInput)
    .output(declared(usersResetLinkOutput))
    .mutation(({ ctx, input }) => makeResetLink(ctx.services.core, ctx.actor, input)),

  removeSecondStep: procedure('users.removeSecondStep', usersAccountInput)
    .output(declared(okOutput))
    .mutation(async ({ ctx, input }) => {
      await removeSecondStepOf(ctx.services.core, ctx.actor, input);
      return { ok: true as const };
    }),

  removeAccount: procedure('users.removeAccount', usersRemoveAccountInput)
    .output(declared(okOutput))
    .mutation(async ({ ctx, input }) => {
      const { core, hasher, rooms, sessions } = ctx.services;
      const cookies = await readRefreshCookies(ctx);
      await removeOwnAccount({ ...core, hasher, rooms }, ctx.actor, input);
      sessions.forget(ctx.actor.sessionId);
      cookies.forget();
      return { ok: true as const };
    }),
});
