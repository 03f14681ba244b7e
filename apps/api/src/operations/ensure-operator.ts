import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { AppError } from '@parley/contracts';
import { placeOf } from '@parley/core/loopback';
import { bearerToken } from '../auth/session-guard.js';

/** What proxies add. A proxy on this machine is not the one who asks. */
const proxyHeaders = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-real-ip', 'via'];

export interface OperatorRules {
  METRICS_TOKEN?: string | undefined;
  TRUST_PROXY: boolean;
  PUBLIC_ORIGINS: readonly string[];
}

/**
 * Checks that whoever runs the server asks: by METRICS_TOKEN where that is set, else from this machine and by one of its own names. A page
 * whose name was pointed at this machine has another, and a proxy says whom it asks for. Behind a proxy that does not say so everybody
 * would seem to be here, so where a setting says that there is a proxy, only the token counts.
 *
 * @throws AppError UNAUTHENTICATED, FORBIDDEN
 */
export function ensureOperator(
  { raw }: { raw: Pick<IncomingMessage, 'headers' | 'socket'> },
  { METRICS_TOKEN: token, TRUST_PROXY, PUBLIC_ORIGINS }: OperatorRules,
): void {
  if (token !== undefined) {
    if (isSame(bearerToken(raw.headers.authorization) ?? '', token)) return;
    throw new AppError('UNAUTHENTICATED', 'Send METRICS_TOKEN in the header “Authorization: Bearer …”.');
  }
  const hasProxy = TRUST_PROXY || PUBLIC_ORIGINS.length > 0 || proxyHeaders.some((name) => name in raw.headers);
  if (placeOf(raw) === 'here' && !hasProxy) return;
  throw new AppError('FORBIDDEN', 'Metrics are for whoever runs this server. Set METRICS_TOKEN to read them from elsewhere.');
}

/** Compares digests, which have one length: neither the length nor the beginning of the token shows in the time this takes. */
function isSame(given: string, wanted: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(wanted));
}
