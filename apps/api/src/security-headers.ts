import type { FastifyHelmetOptions } from '@fastify/helmet';

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
  // This server speaks plain HTTP, on loopback often directly to a browser. The proxy that ends TLS decides about HSTS, because that
  // holds for the whole host.
  strictTransportSecurity: false,
};
