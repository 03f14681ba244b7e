import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { AppError } from '@parley/contracts';
import { bearerToken } from '../auth/session-guard.js';

/** What proxies add. A proxy on this machine is not the one who asks. */
const proxyHeaders = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-real-ip', 'via'];

/**
 * Checks that whoever runs the server asks: by METRICS_TOKEN where that is set, else from this machine, and through no proxy.
 *
 * @throws AppError UNAUTHENTICATED, FORBIDDEN
 */
export function ensureOperator({ raw }: { raw: IncomingMessage }, token: string | undefined): void {
  if (token !== undefined) {
    if (isSame(bearerToken(raw.headers.authorization) ?? '', token)) return;
    throw new AppError('UNAUTHENTICATED', 'Send METRICS_TOKEN in the header “Authorization: Bearer …”.');
  }
  const address = (raw.socket.remoteAddress ?? '').replace(/^::ffff:/, '');
  const isHere = address === '::1' || address.startsWith('127.');
  if (isHere && !proxyHeaders.some((name) => name in raw.headers)) return;
  throw new AppError('FORBIDDEN', 'Metrics are for whoever runs this server. Set METRICS_TOKEN to read them from elsewhere.');
}

/** Compares digests, which have one length: neither the length nor the beginning of the token shows in the time this takes. */
function isSame(given: string, wanted: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(wanted));
}
