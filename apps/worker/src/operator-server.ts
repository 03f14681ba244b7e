import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';

export interface OperatorServerOptions {
  host: string;
  /** 0 for any free one. */
  port: number;
  registry: Registry;
  /** What `/health` says; rejects when the process cannot do its work. */
  health: () => Promise<Record<string, string | number>>;
}

/** `/health` and `/metrics` of a worker, which has no other listener. Resolves once it listens; rejects if the port is taken. */
export async function startOperatorServer({
  host,
  port,
  registry,
  health,
}: OperatorServerOptions): Promise<{ port: number; close(): Promise<void> }> {
  const answer = async (path: string): Promise<{ status: number; type: string; body: string }> => {
    const json = (status: number, body: object) => ({ status, type: 'application/json', body: JSON.stringify(body) });
    if (path === '/metrics') return { status: 200, type: registry.contentType, body: await registry.metrics() };
    if (path !== '/health') return json(404, { status: 'not found' });
    try {
      return json(200, { status: 'ok', ...(await health()) });
    } catch {
      return json(503, { status: 'unavailable' });
    }
  };
  const server = createServer((request, response) => {
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
