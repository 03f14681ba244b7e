import type { SignedIn } from '../calls.js';

const user = {
  id: 'anna',
  username: 'anna',
  displayName: 'Anna',
  avatar: { hue: 0, glyph: null },
  role: 'user' as const,
  createdAt: '2026-01-01T00:00:00.000Z',
};

/** The server's clock is an hour behind ours. */
const behindMs = 3_600_000;

/** A token as the server makes them, unsigned. */
function accessToken(lifeMs: number, n: number): string {
  const iat = Math.floor((Date.now() - behindMs) / 1000);
  return `e30.${btoa(JSON.stringify({ iat, exp: iat + lifeMs / 1000, n }))}.signature`;
}

export function signedIn(n: number, lifeMs = 900_000, more: Partial<SignedIn> = {}): SignedIn {
  return {
    user,
    accessToken: accessToken(lifeMs, n),
    expiresAt: new Date(Date.now() - behindMs + lifeMs).toISOString(),
    refreshToken: `refresh-${n}`,
    ...more,
  };
}
