import type { Context } from '../context.js';

/** Whether the page is served by https. If so, the cookie is sent by https alone. */
export function isSecure(ctx: Context): boolean {
  return ctx.services.env.PUBLIC_ORIGINS.some((origin) => origin.startsWith('https:')) || ctx.http?.request.protocol === 'https';
}
