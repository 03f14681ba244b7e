import type { FastifyReply, FastifyRequest } from 'fastify';
import { chooseRefreshToken } from '@parley/core/sessions/choose-refresh-token';
import type { Context } from '../context.js';
import type { ApiServices } from '../services.js';

/** 30 days: the refresh token's own life. */
const maxAgeSeconds = 30 * 24 * 3600;

/**
 * The name of before, which all servers of a host share. Processes of the version before know no other, so for one version more the token
 * stands under both names (docs/decisions/0027-the-name-of-the-cookie.md).
 */
const sharedName = 'parley_refresh';

export interface CookiePlace {
  name: string;
  secure: boolean;
  path: string;
}

/** What a browser shows of an address. */
export type Seen = Pick<FastifyRequest, 'host' | 'protocol'> & { headers: { origin?: string | undefined } };

/**
 * The place of this server's own cookie in a browser. A browser keeps the cookies of all ports of a host together, so the name has the
 * port; and over https a prefix, by which the browser takes the cookie from nobody but this very host, by https.
 *
 * The port and the scheme are those of the page, which its browser states: no proxy changes an Origin, and no answer is given to one that
 * may not call. Whoever sends no Origin is no page; for them it is the host that they asked for.
 *
 * @param publicOrigins those of PUBLIC_ORIGINS: an https one says that a proxy ends TLS, whatever else it says
 */
export function cookiePlace({ headers: { origin }, host, protocol }: Seen, publicOrigins: readonly string[]): CookiePlace {
  const isHttps = protocol === 'https' || publicOrigins.some((one) => one.startsWith('https:'));
  const asked = origin ?? `${isHttps ? 'https' : 'http'}://${host}`;
  const page = URL.canParse(asked) ? new URL(asked) : new URL('http://localhost');
  const secure = page.protocol === 'https:';
  const name = `${sharedName}_${page.port || (secure ? '443' : '80')}`;
  // Only calls need the cookie, but the prefix asks for the path of all.
  return secure ? { name: `__Host-${name}`, secure, path: '/' } : { name, secure, path: '/trpc' };
}

/** Where the token stands for now: this server's own place first, then the one of before. */
function placesOf(request: Seen, { PUBLIC_ORIGINS }: Pick<ApiServices['env'], 'PUBLIC_ORIGINS'>): [own: CookiePlace, shared: CookiePlace] {
  const own = cookiePlace(request, PUBLIC_ORIGINS);
  return [own, { name: sharedName, secure: own.secure, path: '/trpc' }];
}

/** Has the browser keep the token in cookies, which authenticate nothing but a refresh. */
export function setRefreshCookies(
  { request, reply }: { request: Seen; reply: FastifyReply },
  env: Pick<ApiServices['env'], 'PUBLIC_ORIGINS'>,
  token: string,
): void {
  for (const { name, secure, path } of placesOf(request, env)) {
    void reply.setCookie(name, token, { httpOnly: true, sameSite: 'strict', secure, path, maxAge: maxAgeSeconds });
  }
}

function clearCookie(reply: FastifyReply, { name, secure, path }: CookiePlace): void {
  void reply.clearCookie(name, { httpOnly: true, sameSite: 'strict', secure, path });
}

export interface SentCookies {
  /** The token to exchange; null if the browser has none of this server. */
  token: string | null;
  /** Has the browser forget the tokens of this server. What another server of the host has put under the shared name stays. */
  forget(): void;
}

/**
 * Reads the refresh token that a browser sent. The two names hold one token, unless somebody wrote the shared one later: a process of the
 * version before, or another server of this host. Then the database says which token is this server's and good.
 */
export async function readRefreshCookies({ services, http }: Pick<Context, 'services' | 'http'>): Promise<SentCookies> {
  if (!http) return { token: null, forget() {} };
  const { request, reply } = http;
  const { core, env } = services;
  const [own, shared] = placesOf(request, env);
  const sent = request.cookies[own.name] || null;
  const sentToAll = request.cookies[shared.name] || null;
  const alike = sentToAll === null || sentToAll === sent;
  const chosen = alike
    ? null
    : await chooseRefreshToken(core, sent === null ? [sentToAll] : [sent, sentToAll], { maxDays: env.SESSION_MAX_DAYS });
  return {
    token: chosen?.token ?? sent,
    forget() {
      clearCookie(reply, own);
      if (sentToAll !== null && (alike || chosen?.known.includes(sentToAll))) clearCookie(reply, shared);
    },
  };
}
