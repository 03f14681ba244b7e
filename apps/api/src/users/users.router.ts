import { usersAccountInput, usersRemoveAccountInput, usersSearchInput, usersUpdateProfileInput } from '@parley/contracts';
import { disableAccount, enableAccount, removeAccount, searchUsers, updateProfile } from '@parley/core';
import { clearRefreshCookie } from '../auth/refresh-cookie.js';
import { isSecure } from '../auth/is-secure.js';
import { procedure, router } from '../trpc.js';

export const usersRouter = router({
  search: procedure('users.search')
    .input(usersSearchInput)
    .query(async ({ ctx, input }) => {
      const { core, limits, limitRules } = ctx.services;
      await limits.consume(limitRules.searchPerUser, ctx.actor.userId);
      return searchUsers(core, input);
    }),

  updateProfile: procedure('users.updateProfile')
    .input(usersUpdateProfileInput)
    .mutation(async ({ ctx, input }) => {
      const { core, limits, limitRules } = ctx.services;
      await limits.consume(limitRules.profilePerUser, ctx.actor.userId);
      return updateProfile(core, ctx.actor, input);
    }),

  disable: procedure('users.disable')
    .input(usersAccountInput)
    .mutation(async ({ ctx, input }) => {
      await disableAccount(ctx.services.core, input.username, ctx.actor);
      return { ok: true as const };
    }),

  enable: procedure('users.enable')
    .input(usersAccountInput)
    .mutation(async ({ ctx, input }) => {
      await enableAccount(ctx.services.core, input.username, ctx.actor);
      return { ok: true as const };
    }),

  removeAccount: procedure('users.removeAccount')
    .input(usersRemoveAccountInput)
    .mutation(async ({ ctx, input }) => {
      const { core, hasher, rooms, sessions, limits, limitRules } = ctx.services;
      // Guesses count with those at sign-in.
      await limits.consume(limitRules.loginPerUsername, ctx.actor.username);
      await removeAccount({ ...core, hasher }, ctx.actor, rooms, input.password);
      sessions.forget(ctx.actor.sessionId);
      if (ctx.http) clearRefreshCookie(ctx.http.reply, isSecure(ctx));
      return { ok: true as const };
    }),
});
