/**
 * Whether a browser page of this origin may talk to us. A missing Origin passes: programs send none, and a browser always does
 * on the calls that matter (a WebSocket upgrade, a POST).
 *
 * @param host the Host header, or X-Forwarded-Host behind a trusted proxy
 */
export function isAllowedOrigin(origin: string | undefined, host: string | undefined, publicOrigins: readonly string[]): boolean {
  if (origin === undefined) return true;
  if (publicOrigins.some((allowed) => new URL(allowed).origin === origin)) return true;
  if (!host || !URL.canParse(origin)) return false;
  const { protocol, host: originHost } = new URL(origin);
  return (protocol === 'http:' || protocol === 'https:') && originHost === host.toLowerCase();
}
