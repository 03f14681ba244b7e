import {
  accountViewSchema,
  AppError,
  authChangePasswordInput,
  authDoorsOutput,
  authLoginInput,
  authLogoutInput,
  authRefreshInput,
  authRegisterInput,
  authValidateInput,
  authValidateOutput,
  authSignedInOutput,
  okOutput,
  type SignedInView,
} from '@parley/contracts';
import { changePassword } from '@parley/core/accounts/change-password';
import { getAccount } from '@parley/core/accounts/get-account';
import { registerUser } from '@parley/core/accounts/register-user';
import { login } from '@parley/core/sessions/login';
import { logout } from '@parley/core/sessions/logout';
import { refreshSession } from '@parley/core/sessions/refresh-session';
import type { SignedIn } from '@parley/core/sessions/signed-in';
import { declared } from '../answers/declared.js';
import type { Context } from '../context.js';
import { doorsOf } from './doors.js';
import { openProcedure, procedure, router } from '../trpc.js';
import { validateToken } from './validate-token.js';
import { readRefreshCookies, setRefreshCookies } from './refresh-cookie.js';

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

/** @throws AppError LOCAL_LOGIN_OFF where a provider of identities is the only way in */
function ensureLocalLogin({ services }: Pick<Context, 'services'>): void {
  if (!services.env.LOCAL_LOGIN) throw new AppError('LOCAL_LOGIN_OFF');
}

function handOver(ctx: Context, signedIn: SignedIn, transport: 'cookie' | 'token'): SignedInView {
  const { refreshToken, ...rest } = signedIn;
  const view = { ...rest, token: rest.accessToken };
  if (transport === 'token') return { ...view, refreshToken };
  if (!ctx.http) throw new AppError('VALIDATION', 'Cookies are set by HTTP calls only. Use transport “token” over a WebSocket.');
  setRefreshCookies(ctx.http, ctx.services.env, refreshToken);
  return view;
}
