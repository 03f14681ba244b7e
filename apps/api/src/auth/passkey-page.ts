import { isIP } from 'node:net';
import { AppError } from '@parley/contracts';
import type { PasskeyPage } from '@parley/core/credentials/passkeys';
import type { Context } from '../context.js';
import { isAllowedOrigin } from './origins.js';

/**
 * The page that asks for a passkey. The browser states its origin, which no page can change; only one that may call at all counts.
 *
 * @throws AppError VALIDATION where there is no page, or one whose host has no name, for which browsers make no passkeys
 */
export function passkeyPage({ http, services: { env } }: Pick<Context, 'http' | 'services'>): PasskeyPage {
  const origin = http?.request.headers.origin;
  if (!http || origin === undefined || !isAllowedOrigin(origin, http.request.host, env))
    throw new AppError('VALIDATION', 'Passkeys are for pages in a browser. Programs sign in by a password or act by a key.');
  const { hostname } = new URL(origin);
  if (isIP(hostname.replace(/^\[|\]$/g, '')) !== 0)
    throw new AppError('VALIDATION', 'Passkeys need a name, not an address. Open this server by its name, or as localhost.');
  return { origin, rpId: hostname };
}
