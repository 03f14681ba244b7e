import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Registry } from 'prom-client';
import { placeOf } from '../loopback.js';

/** The variables that say where: `processEnvShape` of contracts. */
export interface MetricsPlace {
  /** 0 for any free one. */
  METRICS_PORT?: number | undefined;
  METRICS_HOST: string;
  /** Who sends it as `Authorization: Bearer …` is answered. @default whoever reaches the port */
  METRICS_TOKEN?: string | undefined;
}

export interface MetricsServer {
  port: number;
  close(): Promise<void>;
}

/**
 * Serves `/metrics` on a port of its own, which the world does not reach. Resolves once it listens, to null where no port is named; rejects
 * if the port is taken.
 * A page of the web whose name was pointed at this machine is refused: it would read them as its own.
 */
export async function startMetricsServer(
  { METRICS_PORT: port, METRICS_HOST: host, METRICS_TOKEN: token }: MetricsPlace,
  registry: Registry,
): Promise<MetricsServer | null> {
  if (port === undefined) return null;
  const server = createServer((request, response) => {
    const say = (status: number, body: string, type = 'text/plain; charset=utf-8') =>
      response.writeHead(status, { 'content-type': type }).end(body);
    if (placeOf(request) === 'pointed here') return say(403, 'Call this machine by its address, or as localhost.\n');
    if (token !== undefined && !isBearer(request.headers.authorization, token))
      return say(401, 'Send METRICS_TOKEN in the header “Authorization: Bearer …”.\n');
    if ((request.url ?? '/').split('?', 1)[0] !== '/metrics' || (request.method !== 'GET' && request.method !== 'HEAD'))
      return say(404, 'There is GET /metrics here, and nothing else.\n');
    registry.metrics().then(
      (text) => say(200, text, registry.contentType),
      () => say(500, 'The metrics could not be read.\n'),
    );
    return undefined;
  });
  // A scraper keeps a connection; more than a few have no business here.
  server.maxConnections = 50;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Compares digests, which have one length: neither the length nor the beginning of the token shows in the time this takes. */
function isBearer(header: string | undefined, token: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(header ?? ''), digest(`Bearer ${token}`));
}
