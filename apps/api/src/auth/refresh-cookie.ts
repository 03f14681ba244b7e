import type { FastifyReply, FastifyRequest } from 'fastify';

const name = 'parley_refresh';
/** 30 days: the refresh token's own life. */
const maxAgeSeconds = 30 * 24 * 3600;

/** Only HTTP calls under this path see the cookie; it authenticates nothing but a refresh. */
const path = '/trpc';

export function setRefreshCookie(reply: FastifyReply, token: string, secure: boolean): void {
  void reply.setCookie(name, token, { httpOnly: true, sameSite: 'strict', secure, path, maxAge: maxAgeSeconds });
}

export function clearRefreshCookie(reply: FastifyReply, secure: boolean): void {
  void reply.clearCookie(name, { httpOnly: true, sameSite: 'strict', secure, path });
}

export function readRefreshCookie(request: FastifyRequest): string | null {
  return request.cookies[name] ?? null;
}
