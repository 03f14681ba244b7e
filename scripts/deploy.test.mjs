import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from './lib/paths.mjs';

/** @param {string} path */
const read = (path) => readFileSync(join(root, path), 'utf8');

/**
 * The number that a pattern's first group finds.
 *
 * @param {string} text
 * @param {RegExp} pattern
 */
function numberIn(text, pattern) {
  const found = pattern.exec(text)?.[1];
  if (found === undefined) throw new Error(`nothing matches ${pattern}`);
  return Number(found.replaceAll('_', ''));
}

test.each([
  ['api', 'STOP_DRAIN_MS'],
  ['worker', 'WORKER_STOP_LIMIT_MS'],
])('a container of the %s is left alone for as long as its process may take to stop', (app, variable) => {
  const limitMs = numberIn(read(`apps/${app}/src/env.ts`), new RegExp(`${variable}: .*(?:default|Milliseconds)\\(([\\d_]+)\\)`));
  const marginMs = numberIn(read(`apps/${app}/src/main.ts`), new RegExp(`limitMs: env\\.${variable} \\+ ([\\d_]+)`));
  const graceS = numberIn(read('docker-compose.yml'), new RegExp(`\\nx-${app}: [^]*?stop_grace_period: (\\d+)s`));
  expect(graceS * 1000).toBeGreaterThan(limitMs + marginMs);
});

test('a worker in a container listens where its health is asked, whether or not a port was named', () => {
  const directory = mkdtempSync(join(tmpdir(), 'parley-entrypoint-'));
  try {
    writeFileSync(join(directory, 'node'), '#!/bin/sh\necho "$1 $WORKER_PORT"\n', { mode: 0o755 });
    /** @param {Record<string, string>} env */
    const run = (env) =>
      spawnSync('/bin/sh', [join(root, 'deploy/entrypoint.sh'), 'worker'], {
        env: { PATH: directory, PORT: '3000', ...env },
        encoding: 'utf8',
      }).stdout;
    expect(run({})).toBe('/parley/apps/worker/bundle/main.js 3000\n');
    expect(run({ WORKER_PORT: '3001' })).toBe('/parley/apps/worker/bundle/main.js 3001\n');
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test('containers are handed every variable that chooses a model', () => {
  const models = /modelEnvShape = \{([^]*?)\n\} as const/.exec(read('apps/worker/src/env.ts'))?.[1] ?? '';
  const chosen = [...models.matchAll(/^ {2}([A-Z_]+(?:_API_KEY|_BASE_URL|_MODEL)):/gm)].map(([, name]) => name);
  expect(chosen).toContain('DEFAULT_MODEL');
  const compose = read('docker-compose.yml');
  for (const name of chosen) expect(compose).toContain(`    ${name}: \${${name}:-}\n`);
});
