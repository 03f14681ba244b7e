import { globSync } from './glob.mjs';

/**
 * What the launchers may need from the machine: how it is named, where it is found, and how it is installed.
 *
 * @typedef {object} Need
 * @property {'postgres' | 'nats' | 'redis' | 'nginx' | 'promtool' | 'pgbouncer' | 'chromium'} id
 * @property {string} label
 * @property {string[]} binaries names, any of which will do
 * @property {string[]} places further folders or files, where `*` stands for one path segment
 * @property {string | null} variable what names one that runs already (for Chromium: its file)
 * @property {string} apt package
 * @property {string} [aptLight] a package that does the same with less, where the system has it; its program comes first in `binaries`
 * @property {string} brew formula or cask
 * @property {string | null} docker a command that runs it, or null where that does not help
 */

/** @type {Record<string, Need>} */
export const needs = {
  postgres: {
    id: 'postgres',
    label: 'PostgreSQL',
    binaries: ['postgres'],
    places: [
      '/usr/lib/postgresql/*/bin',
      '/usr/pgsql-*/bin',
      '/opt/homebrew/opt/postgresql@*/bin',
      '/usr/local/opt/postgresql@*/bin',
      '/Applications/Postgres.app/Contents/Versions/latest/bin',
    ],
    variable: 'TEST_DATABASE_URL',
    apt: 'postgresql',
    brew: 'postgresql@17',
    docker: 'docker run -d -p 5432:5432 -e POSTGRES_PASSWORD=parley postgres:17 -c max_connections=200',
  },
  nats: {
    id: 'nats',
    label: 'NATS',
    binaries: ['nats-server'],
    places: [],
    variable: 'TEST_NATS_URL',
    apt: 'nats-server',
    brew: 'nats-server',
    docker: 'docker run -d -p 4222:4222 nats:2 -js',
  },
  redis: {
    id: 'redis',
    label: 'Redis',
    binaries: ['redis-server', 'valkey-server'],
    places: [],
    variable: 'TEST_REDIS_URL',
    apt: 'redis-server',
    brew: 'redis',
    docker: 'docker run -d -p 6379:6379 redis:7',
  },
  nginx: {
    id: 'nginx',
    label: 'nginx',
    binaries: ['nginx'],
    places: [],
    variable: null,
    apt: 'nginx',
    brew: 'nginx',
    docker: null,
  },
  // It reads the rules of deploy/prometheus as Prometheus does.
  promtool: {
    id: 'promtool',
    label: 'promtool',
    binaries: ['promtool'],
    places: [],
    variable: null,
    apt: 'prometheus',
    brew: 'prometheus',
    docker: null,
  },
  pgbouncer: {
    id: 'pgbouncer',
    label: 'PgBouncer',
    binaries: ['pgbouncer'],
    places: [],
    variable: null,
    apt: 'pgbouncer',
    brew: 'pgbouncer',
    docker: null,
  },
  chromium: {
    id: 'chromium',
    label: 'Chromium',
    // The headless shell draws no window: it takes less than half the work of a whole Chromium (docs/decisions/0015-tests-in-the-headless-shell.md).
    binaries: ['chromium-headless-shell', 'chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'],
    places: [
      '~/.cache/ms-playwright/chromium_headless_shell-*/chrome-*/*headless*shell',
      '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
      '/Applications/Chromium.app/Contents/MacOS/Chromium',
      '~/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
      '~/.cache/ms-playwright/chromium-*/chrome-linux*/chrome',
      '~/Library/Caches/ms-playwright/chromium-*/chrome-mac*/Chromium.app/Contents/MacOS/Chromium',
    ],
    variable: 'CHROMIUM_PATH',
    apt: 'chromium',
    aptLight: 'chromium-headless-shell',
    brew: '--cask chromium',
    docker: null,
  },
};

/** Where servers are that are not on everyone's PATH. */
const commonFolders = [
  '/usr/local/bin',
  '/usr/bin',
  '/usr/sbin',
  '/usr/local/sbin',
  '/sbin',
  '/bin',
  '/opt/homebrew/bin',
  '/opt/homebrew/sbin',
];

/**
 * Finds a program: on the PATH, in the common folders, then in the need's own places, of which the highest version wins.
 *
 * @param {Need} need
 * @param {{ env: NodeJS.ProcessEnv, isExecutable: (file: string) => boolean, list?: (folder: string) => string[] }} machine
 * @returns {string | null} an absolute path
 */
export function findBinary(need, { env, isExecutable, list }) {
  const onPath = (env['PATH'] ?? '').split(':').filter((folder) => folder.startsWith('/'));
  for (const folder of [...onPath, ...commonFolders]) {
    for (const name of need.binaries) {
      const file = `${folder.replace(/\/$/, '')}/${name}`;
      if (isExecutable(file)) return file;
    }
  }
  for (const place of need.places) {
    const pattern = place.startsWith('~/') ? `${env['HOME'] ?? ''}${place.slice(1)}` : place;
    for (const path of globSync(pattern, list).sort(byVersionDown)) {
      for (const file of [path, ...need.binaries.map((name) => `${path}/${name}`)]) {
        if (isExecutable(file)) return file;
      }
    }
  }
  return null;
}

/** Compares by the first number in which two paths differ, the higher first. */
function byVersionDown(a, b) {
  return b.localeCompare(a, 'en', { numeric: true });
}
