import type { Context } from '../context.js';

/** The cookie is for https alone where the page is served by https. */
export function isSecure(ctx: Context): boolean {
  return ctx.services.env.PUBLIC_ORIGINS.some((origin) => origin.startsWith('https:')) || ctx.http?.request.protocol === 'https';
}
