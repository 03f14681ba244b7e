import { expect, test } from 'vitest';
import { freePort } from '../../scripts/lib/servers/ports.mjs';
import { startProcess } from './harness/processes.js';

const elsewhere = {
  NATS_URL: 'nats://127.0.0.1:1',
  REDIS_URL: 'redis://127.0.0.1:1',
  SESSION_SECRET: 'a secret for tests, of at least 32 bytes',
};

test.each(['api', 'worker'] as const)('the %s says in one line why it cannot start, and ends with code 1', async (kind) => {
  const port = await freePort();
  const cases: [Record<string, string>, RegExp][] = [
    [
      { DATABASE_URL: `postgresql://nobody@127.0.0.1:${port}/x` },
      new RegExp(`PostgreSQL at 127.0.0.1:${port} .*ECONNREFUSED.*DATABASE_URL`),
    ],
    [{}, /^DATABASE_URL: expected postgresql:\/\/.*not set\.$/],
    [{ DATABASE_URL: 'postgresql://nobody@127.0.0.1/x', DATABASE_POOL: 'many' }, /^DATABASE_POOL: expected a whole number.*"many"\.$/],
  ];
  for (const [variables, line] of cases) {
    const running = startProcess(kind, { ...elsewhere, ...variables });
    expect((await running.exited).code).toBe(1);
    const lines = running.output().trim().split('\n');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(line);
  }
});
