import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { apiEnvShape } from '../apps/api/src/env.js';
import { workerEnvShape } from '../apps/worker/src/env.js';
import { parseServers } from '../packages/bus/src/nats-servers.js';
import { processEnvShape, serverEnvShape, serverUseEnvShape } from '../packages/contracts/src/index.js';
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

test('containers are handed every variable that an operator may set', () => {
  const compose = read('docker-compose.yml');
  const handed = new Set(
    [...compose.matchAll(/^ {4}([A-Z][A-Z0-9_]*): (.*)$/gm)]
      .filter(([, name, value]) => value?.includes(`\${${name}:`))
      .map(([, name]) => name),
  );
  // The image says where its processes listen, and compose which servers there are and that nginx is in front.
  const fixed = ['HOST', 'PORT', 'TRUST_PROXY', 'DATABASE_URL', 'NATS_URL'];
  // Containers of one service are told the same, and each names itself.
  const own = ['INSTANCE_ID'];
  const all = { ...processEnvShape, ...serverEnvShape, ...serverUseEnvShape, ...apiEnvShape, ...workerEnvShape };
  // Of a family, those of one member: there is no end of names.
  const isHanded = (/** @type {string} */ name) =>
    handed.has(name) || (name.endsWith('*') && [...handed].some((each) => each?.startsWith(name.slice(0, -1))));
  expect(Object.keys(all).filter((name) => !isHanded(name) && ![...fixed, ...own].includes(name))).toEqual([]);
  const set = `${compose}\n${read('deploy/Dockerfile')}`;
  for (const name of fixed) expect(set).toMatch(new RegExp(`^ +${name}: |^ENV .*\\b${name}=`, 'm'), name);
});

test('a password may have any characters: it reaches its server as it is', () => {
  const directory = mkdtempSync(join(tmpdir(), 'parley-entrypoint-'));
  try {
    const node = `#!/bin/sh\nif [ "$1" = -e ]; then exec '${process.execPath}' "$@"; fi\nenv\n`;
    writeFileSync(join(directory, 'node'), node, { mode: 0o755 });
    const password = 'a@b/c#d%41?e:f [g]\\&"\'$(h)`';
    const { stdout, stderr } = spawnSync('/bin/sh', [join(root, 'deploy/entrypoint.sh'), 'api'], {
      env: {
        PATH: `${directory}:/usr/bin:/bin`,
        DATABASE_URL: 'postgresql://parley@postgres:5432/parley',
        NATS_URL: 'nats://parley@nats:4222',
        REDIS_URL: 'redis://redis:6379',
        DATABASE_PASSWORD: password,
        NATS_PASSWORD: password,
        REDIS_PASSWORD: password,
      },
      encoding: 'utf8',
    });
    expect(stderr).toBe('');
    const env = Object.fromEntries(stdout.split('\n').map((line) => /^(\w+)=(.*)$/.exec(line)?.slice(1) ?? []));
    expect(Object.keys(env).filter((name) => name.endsWith('_PASSWORD'))).toEqual([]);
    expect(parseServers(serverEnvShape.NATS_URL.parse(env['NATS_URL']))).toMatchObject({
      servers: ['nats:4222'],
      user: 'parley',
      pass: password,
    });
    for (const name of ['DATABASE_URL', 'REDIS_URL']) {
      const address = new URL(env[name]);
      expect(decodeURIComponent(address.password)).toBe(password);
      address.password = '';
      expect(address.href).toMatch(/^(?:postgresql:\/\/parley@postgres:5432\/parley|redis:\/\/redis:6379)$/);
    }
    expect(serverEnvShape.DATABASE_URL.safeParse(env['DATABASE_URL']).success).toBe(true);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test('every image is pinned, and every server asks for a password', () => {
  const compose = read('docker-compose.yml');
  const dockerfile = read('deploy/Dockerfile');
  const node = /^ARG NODE_IMAGE=(\S+)$/m.exec(dockerfile)?.[1] ?? '';
  const images = [...`${compose}\n${dockerfile}`.matchAll(/^(?: {4}image:|FROM) (\S+)/gm)].map(([, image]) =>
    image?.replace('${NODE_IMAGE}', node),
  );
  expect(images.length).toBeGreaterThanOrEqual(6);
  for (const image of images) expect(image).toMatch(/^[a-z]+:\d+\.\d+(?:\.\d+)?(?:-[a-z]+)?$/);
  for (const name of ['SESSION_SECRET', 'POSTGRES_PASSWORD', 'NATS_PASSWORD', 'REDIS_PASSWORD'])
    expect(compose).toContain(`\${${name}:?set ${name}, `);
  expect(read('deploy/nats/nats.conf')).toMatch(/authorization \{[^}]*password: \$NATS_PASSWORD/);
});

describe('pin-images.sh', () => {
  /** Runs it in a copy of the files, with a `docker` that answers as the real one does. @param {string} inspected what an image is said to be */
  function pin(inspected = '$name@sha256:$(printf %s "$4" | cksum | cut -d" " -f1)', own = '') {
    const directory = mkdtempSync(join(tmpdir(), 'parley-pins-'));
    try {
      mkdirSync(join(directory, 'deploy'));
      mkdirSync(join(directory, 'bin'));
      for (const path of ['docker-compose.yml', 'deploy/Dockerfile', 'deploy/pin-images.sh'])
        cpSync(join(root, path), join(directory, path));
      const docker = `#!/bin/sh
case "$1 $2" in
  'pull --quiet') echo "docker.io/library/$3"; echo "$3" >>"$PULLED" ;;
  'image inspect') [ "$3" = --format ] || exit 2; shift; name=\${4%%:*}; echo "${inspected}" ;;
  *) exit 2 ;;
esac
`;
      writeFileSync(join(directory, 'bin/docker'), docker, { mode: 0o755 });
      const override = join(directory, 'docker-compose.override.yml');
      if (own !== '') writeFileSync(override, own);
      const pulled = join(directory, 'pulled');
      writeFileSync(pulled, '');
      const run = () =>
        spawnSync('/bin/sh', [join(directory, 'deploy/pin-images.sh')], {
          env: { PATH: `${join(directory, 'bin')}:/usr/bin:/bin`, PULLED: pulled },
          encoding: 'utf8',
        });
      const { status, stderr } = run();
      const again = status === 0 ? run().status : status;
      const written = existsSync(override) ? readFileSync(override, 'utf8') : '';
      return { status, again, stderr, written, pulled: readFileSync(pulled, 'utf8').trim().split('\n') };
    } finally {
      rmSync(directory, { recursive: true });
    }
  }

  test('pins each image of compose and the one that ours is built on, and may be run again', () => {
    const { status, again, written, pulled } = pin();
    expect([status, again]).toEqual([0, 0]);
    const compose = read('docker-compose.yml');
    const images = [...compose.matchAll(/^ {2}([a-z-]+):\n {4}image: (\S+)/gm)].map(([, service, image]) => [service, image]);
    expect(images).toHaveLength(4);
    const node = /^ARG NODE_IMAGE=(\S+)/m.exec(read('deploy/Dockerfile'))?.[1];
    expect(new Set(pulled)).toEqual(new Set([node, ...images.map(([, image]) => image)]));
    for (const [service, image] of images)
      expect(written).toMatch(new RegExp(`^  ${service}:\n    image: ${image.split(':')[0]}@sha256:\\d+$`, 'm'));
    const built = [...compose.matchAll(/^ {2}([a-z0-9-]+):\n {4}<<: \*(?:api|worker)$/gm)].map(([, service]) => service);
    expect(built).toEqual(['api', 'worker']);
    for (const service of built)
      expect(written).toMatch(new RegExp(`^  ${service}:\n    build:\n      args:\n        NODE_IMAGE: node@sha256:\\d+$`, 'm'));
    expect([...written.matchAll(/^ {2}\S+:$/gm)]).toHaveLength(images.length + built.length);
  });

  test('writes nothing where an image has no digest, and leaves a file of the operator’s alone', () => {
    expect(pin('<no value>')).toMatchObject({ status: 1, written: '', stderr: expect.stringContaining('has no digest') });
    const own = 'services: {}\n';
    expect(pin(undefined, own)).toMatchObject({ status: 1, written: own, stderr: expect.stringContaining('is your own') });
  });
});

test('the APIs and workers sign in to PostgreSQL as a role that is no superuser', () => {
  const compose = read('docker-compose.yml');
  const role = /DATABASE_URL: postgresql:\/\/(\w+)@/.exec(compose)?.[1];
  expect(read('deploy/postgres/create-role.sh')).toContain(`create role ${role} login nosuperuser `);
  expect(compose).toMatch(/POSTGRES_USER: postgres\n/);
});
