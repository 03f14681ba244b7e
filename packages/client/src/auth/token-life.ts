/**
 * How long an access token lasts from the moment it was issued, in milliseconds. Read from the token's own `iat` and `exp`,
 * because a device's clock may be hours off; `expiresAt` counts only where the token cannot be read.
 */
export function tokenLifeMs(accessToken: string, expiresAt: string): number {
  try {
    const payload = accessToken.split('.')[1] ?? '';
    const { iat, exp } = JSON.parse(atob(payload.replace(/-/g, '+').replace(/_/g, '/'))) as { iat?: unknown; exp?: unknown };
    if (typeof iat === 'number' && typeof exp === 'number') return Math.max(0, exp - iat) * 1000;
  } catch {
    // Not a JWT: use the answer's own field.
  }
  return Math.max(0, Date.parse(expiresAt) - Date.now());
}
