import type { FastifyHelmetOptions } from '@fastify/helmet';

/**
 * What every answer tells browsers, by helmet. An answer to a call is data: opened as a page it may load and do nothing, nor be framed.
 * The files of the page replace that policy with their own, see content-security-policy.ts.
 */
export const securityHeaders: FastifyHelmetOptions = {
  contentSecurityPolicy: {
    useDefaults: false,
    directives: { 'default-src': ["'none'"], 'base-uri': ["'none'"], 'form-action': ["'none'"], 'frame-ancestors': ["'none'"] },
  },
  frameguard: { action: 'deny' },
  referrerPolicy: { policy: 'same-origin' },
  // This server speaks plain HTTP, on loopback often to a browser: who ends TLS before it decides for the whole host.
  strictTransportSecurity: false,
};
