import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { refuseTakenPort } from './refuse-taken-port.js';

it('refuses a port that somebody listens on, and leaves a free one free', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const env = { HOST: '127.0.0.1', PORT: (server.address() as AddressInfo).port };
  await expect(refuseTakenPort(env)).rejects.toMatchObject({ code: 'EADDRINUSE', port: env.PORT });
  await new Promise((resolve) => server.close(resolve));
  await refuseTakenPort(env);
  await refuseTakenPort(env);
  await refuseTakenPort({ HOST: '127.0.0.1', PORT: 0 });
});
