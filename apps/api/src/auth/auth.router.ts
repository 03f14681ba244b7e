import {
  accountViewSchema,
  AppError,
  authChangePasswordInput,
  authCodeInput,
  authDoorsOutput,
  authInviteInput,
  authInviteOutput,
  authLoginInput,
  authLogoutInput,
  authRefreshInput,
  authRegisterInput,
  authResetInput,
  authResetOutput,
  authValidateInput,
  authValidateOutput,
  authSignedInOutput,
  okOutput,
  securityViewSchema,
} from '@parley/contracts';
import { changePassword } from '@parley/core/accounts/change-password';
import { getAccount } from '@parley/core/accounts/get-account';
import { readInvite } from '@parley/core/accounts/list-invites';
import { registerUser } from '@parley/core/accounts/register-user';
import { resetByLink } from '@parley/core/accounts/reset-link';
import { finishSignIn } from '@parley/core/credentials/finish-sign-in';
import { getSecurity } from '@parley/core/credentials/get-security';
import { login } from '@parley/core/sessions/login';
import { logout } from '@parley/core/sessions/logout';
import { refreshSession } from '@parley/core/sessions/refresh-session';
import { declared } from '../answers/declared.js';
import { doorsOf } from './doors.js';
import { openProcedure, procedure, router } from '../trpc.js';
import { ensureLocalLogin } from './ensure-local-login.js';
import { handOver } from './hand-over.js';
import { validateToken } from './validate-token.js';
import { readRefreshCookies } from './refresh-cookie.js';

export const authRouter = router({
  doors: openProcedure('auth.doors')
    .output(declared(authDoorsOutput))
    .query(({ ctx: { services } }) => doorsOf(services)),

  register: openProcedure('auth.register', authRegisterInput)
    .output(declared(authSignedInOutput))
    .mutation(async ({ ctx, input }) => {
      ensureLocalLogin(ctx);
      const { services } = ctx;
      const signedIn = await registerUser({ ...services.core, hasher: services.hasher, tokens: services.tokens }, input, services.door);
      return handOver(ctx, signedIn, input.transport);
    }),

  login: openProcedure('auth.login', authLoginInput)
    .output(declared(authSignedInOutput))
    .mutation(async ({ ctx, input }) => {
      ensureLocalLogin(ctx);
      const { core, hasher, tokens } = ctx.services;
      const signedIn = await login({ ...core, hasher, tokens }, input);
      return handOver(ctx, signedIn, input.transport);
    }),

  code: openProcedure('auth.code', authCodeInput)
    .output(declared(authSignedInOutput))
    .mutation(async ({ ctx, input }) => {
      ensureLocalLogin(ctx);
      const { core, tokens, vault } = ctx.services;
      return handOver(ctx, await finishSignIn({ ...core, tokens, vault }, input), input.transport);
    }),

  reset: openProcedure('auth.reset', authResetInput)
    .output(declared(authResetOutput))
    .mutation(({ ctx, input }) => {
      ensureLocalLogin(ctx);
      return resetByLink({ ...ctx.services.core, hasher: ctx.services.hasher }, input);
    }),

  invite: openProcedure('auth.invite', authInviteInput)
    .output(declared(authInviteOutput))
    .query(({ ctx: { services }, input }) => readInvite(services.core, input.invite)),

  security: procedure('auth.security')
    .output(declared(securityViewSchema))
    .query(({ ctx: { services, actor } }) => getSecurity(services.core, actor)),

  refresh: openProcedure('auth.refresh', authRefreshInput)
    .output(declared(authSignedInOutput))
    .mutation(async ({ ctx, input }) => {
      const cookies = input.refreshToken === undefined ? await readRefreshCookies(ctx) : null;
      const token = input.refreshToken ?? cookies?.token;
      if (!token) throw new AppError('UNAUTHENTICATED');
      try {
        const { core, tokens, env } = ctx.services;
        const signedIn = await refreshSession({ ...core, tokens }, token, { maxDays: env.SESSION_MAX_DAYS });
        return handOver(ctx, signedIn, cookies ? 'cookie' : 'token');
      } catch (error) {
        if (AppError.is(error, 'SESSION_REVOKED')) cookies?.forget();
        throw error;
      }
    }),

  validate: openProcedure('auth.validate', authValidateInput)
    .output(declared(authValidateOutput))
    .mutation(({ ctx, input }) => validateToken(ctx.services, input.token)),

  logout: procedure('auth.logout', authLogoutInput)
    .output(declared(okOutput))
    .mutation(async ({ ctx, input }) => {
      const cookies = await readRefreshCookies(ctx);
      await logout(ctx.services.core, ctx.actor, input);
      ctx.services.sessions.forget(input.everywhere ? null : ctx.actor.sessionId);
      cookies.forget();
      return { ok: true as const };
    }),

  changePassword: procedure('auth.changePassword', authChangePasswordInput)
    .output(declared(okOutput))
    .mutation(async ({ ctx, input }) => {
      ensureLocalLogin(ctx);
      const { core, hasher } = ctx.services;
      await changePassword({ ...core, hasher }, ctx.actor, input);
      return { ok: true as const };
    }),

  me: procedure('auth.me')
    .output(declared(accountViewSchema))
    .query(({ ctx }) => getAccount(ctx.services.core, ctx.actor)),
});
