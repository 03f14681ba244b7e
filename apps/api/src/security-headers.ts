import type { FastifyHelmetOptions } from '@fastify/helmet';
import type { FastifyRequest } from 'fastify';

/**
 * The headers that helmet sets on every answer, to tell browsers what the answer may do. An answer to a call is data: opened as a page it
 * may load nothing and do nothing, and nobody may frame it. The files of the page replace that policy with their own, see
 * content-security-policy.ts.
 */
export const securityHeaders: FastifyHelmetOptions = {
  contentSecurityPolicy: {
    useDefaults: false,
    directives: { 'default-src': ["'none'"], 'base-uri': ["'none'"], 'form-action': ["'none'"], 'frame-ancestors': ["'none'"] },
  },
  frameguard: { action: 'deny' },
  referrerPolicy: { policy: 'same-origin' },
  // Only where the caller came by https, which helmet cannot know: browserHeaders adds it.
  strictTransportSecurity: false,
};

/** What the page does without. A script that got into it could not use them either. */
const permissionsPolicy = [
  ...['accelerometer', 'camera', 'display-capture', 'geolocation', 'gyroscope', 'hid', 'magnetometer', 'microphone', 'midi'],
  ...['payment', 'screen-wake-lock', 'serial', 'usb', 'xr-spatial-tracking'],
]
  .map((feature) => `${feature}=()`)
  .join(', ');

/** A year, in seconds, the least that browsers' lists ask for. Other hosts of the domain may not speak https, so it holds for this one alone. */
const strictTransport = 'max-age=31536000';

/**
 * The headers that helmet does not set: what the page may not use; and, for a host that is reached by https, that browsers are to come by
 * https alone.
 *
 * @param publicOrigins those of PUBLIC_ORIGINS: where the host is one of their https hosts, a proxy has ended TLS, whatever it says
 */
export function browserHeaders(
  { host, protocol }: Pick<FastifyRequest, 'host' | 'protocol'>,
  publicOrigins: readonly string[],
): Record<string, string> {
  const isHttps = protocol === 'https' || publicOrigins.some((origin) => new URL(origin).origin === `https://${host.toLowerCase()}`);
  return { 'permissions-policy': permissionsPolicy, ...(isHttps && { 'strict-transport-security': strictTransport }) };
}
