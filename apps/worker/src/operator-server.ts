import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { placeOf } from '@parley/core/loopback';
import type { Registry } from 'prom-client';

export interface OperatorServerOptions {
  host: string;
  /** 0 for any free one. */
  port: number;
  registry: Registry;
  /** What `/health` says. */
  health: () => Promise<{ parts: Record<string, 'ok' | 'away'>; [field: string]: unknown }>;
  /** What `/ready` says: false from the moment the process is asked to stop. */
  isReady: () => boolean;
}

/** Whether a part answered in time. */
export async function answersWithin(answer: Promise<void>, limitMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<boolean>((resolve) => {
    // If this process was busy, an answer may have come that was not read yet: let it be read first.
    timer = setTimeout(() => setImmediate(() => resolve(false)), limitMs);
  });
  const answered = answer.then(
    () => true,
    () => false,
  );
  return Promise.race([answered, silence]).finally(() => clearTimeout(timer));
}

/**
 * Serves `/health`, `/live`, `/ready` and `/metrics` of a worker, which has no other listener. Resolves once it listens; rejects if the port is
 * taken.
 * A page of the web whose name was pointed at this machine is refused: it would read them as its own.
 */
export async function startOperatorServer({
  host,
  port,
  registry,
  health,
  isReady,
}: OperatorServerOptions): Promise<{ port: number; close(): Promise<void> }> {
  const answer = async (path: string): Promise<{ status: number; type: string; body: string }> => {
    const json = (status: number, body: object) => ({ status, type: 'application/json', body: JSON.stringify(body) });
    if (path === '/metrics') return { status: 200, type: registry.contentType, body: await registry.metrics() };
    if (path === '/live') return json(200, { live: true });
    if (path === '/ready') return json(isReady() ? 200 : 503, { ready: isReady() });
    if (path !== '/health') return json(404, { status: 'not found' });
    const report = await health();
    const well = Object.values(report.parts).every((part) => part === 'ok');
    // Without the bus the worker still finds replies by itself; without the database it can do nothing.
    return json(report.parts['database'] === 'away' ? 503 : 200, { status: well ? 'ok' : 'degraded', ...report });
  };
  const server = createServer((request, response) => {
    if (placeOf(request) === 'pointed here') {
      const status = 'refused: call this machine by its address, or as localhost';
      response.writeHead(403, { 'content-type': 'application/json' }).end(JSON.stringify({ status }));
      return;
    }
    answer((request.url ?? '/').split('?')[0]!).then(
      ({ status, type, body }) => response.writeHead(status, { 'content-type': type }).end(body),
      () => response.writeHead(500).end(),
    );
  });
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
