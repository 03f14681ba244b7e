import { AppError, type SignedInView } from '@parley/contracts';
import type { SignedIn } from '@parley/core/sessions/signed-in';
import type { Context } from '../context.js';
import { setRefreshCookies } from './refresh-cookie.js';

/** Gives a session to whoever signed in: to a page the refresh token in a cookie, to a program in the answer. */
export function handOver(ctx: Context, signedIn: SignedIn, transport: 'cookie' | 'token'): SignedInView {
  const { refreshToken, ...rest } = signedIn;
  const view = { ...rest, token: rest.accessToken };
  if (transport === 'token') return { ...view, refreshToken };
  if (!ctx.http) throw new AppError('VALIDATION', 'Cookies are set by HTTP calls only. Use transport “token” over a WebSocket.');
  setRefreshCookies(ctx.http, ctx.services.env, refreshToken);
  return view;
}
