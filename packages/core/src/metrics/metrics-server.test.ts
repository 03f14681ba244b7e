import { request } from 'node:http';
import { Counter, Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { startMetricsServer } from './metrics-server.js';

function ask(port: number, path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, path, method, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('end', () => resolve({ status: response.statusCode!, text }));
    });
    asked.on('error', reject).end();
  });
}

async function serve(token?: string) {
  const registry = new Registry();
  new Counter({ name: 'some_total', help: 'Some', registers: [registry] }).inc(3);
  return (await startMetricsServer({ METRICS_PORT: 0, METRICS_HOST: '127.0.0.1', METRICS_TOKEN: token }, registry))!;
}

test('a port of its own has the metrics, and nothing else', async () => {
  const { port, close } = await serve();
  try {
    expect((await ask(port, '/metrics')).text).toContain('some_total 3');
    expect((await ask(port, '/metrics?now=1')).status).toBe(200);
    expect((await ask(port, '/health')).status).toBe(404);
    expect((await ask(port, '/metrics', {}, 'POST')).status).toBe(404);
    // A page of the web whose name was pointed at this machine.
    expect(await ask(port, '/metrics', { host: 'metrics.example.org' })).toMatchObject({ status: 403 });
  } finally {
    await close();
  }
});

test('where there is a token, only who sends it is answered', async () => {
  const token = 'a-token-of-the-operators';
  const { port, close } = await serve(token);
  try {
    for (const authorization of ['', 'Bearer', `Bearer ${token}x`, token])
      expect(await ask(port, '/metrics', { authorization })).toMatchObject({
        status: 401,
        text: expect.not.stringContaining('some_total'),
      });
    expect((await ask(port, '/metrics', { authorization: `Bearer ${token}` })).status).toBe(200);
  } finally {
    await close();
  }
});

test('without a port nothing listens', async () => {
  expect(await startMetricsServer({ METRICS_HOST: '127.0.0.1' }, new Registry())).toBeNull();
});
