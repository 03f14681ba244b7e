import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';
import { apiEnvShape } from '../apps/api/src/env.js';
import { workerEnvShape } from '../apps/worker/src/env.js';
import { processEnvShape, serverEnvShape, serverUseEnvShape } from '../packages/contracts/src/env-fields.js';
import { root } from './lib/paths.mjs';

/** @param {string} path */
const read = (path) => readFileSync(join(root, path), 'utf8');
/** @param {string} text */
const inCodeFont = (text) =>
  [...text.replace(/^```[^]*?^```/gm, '').matchAll(/`([^`]+)`/g)].map(([, code]) => /** @type {string} */ (code));

/** @type {Record<string, { safeParse(value: unknown): { success: boolean, data?: unknown } }>} */
const variables = { ...serverEnvShape, ...serverUseEnvShape, ...processEnvShape, ...workerEnvShape, ...apiEnvShape };
/** Variables that only one kind of process reads. */
const others = ['DATA_DIR', 'DISK_RESERVE_MB', 'SESSION_SECRET', 'REDIS_URL', 'WORKER_PORT'];

test('every variable in the README is one, and has the default that stands there', () => {
  const table = /\| variable \| default \|[^]*?\n\n/.exec(read('README.md'))?.[0] ?? '';
  let compared = 0;
  for (const row of table.split('\n').slice(2)) {
    const [, first = '', second = ''] = row.split(' | ').length > 1 ? row.split('|') : [];
    const names = inCodeFont(first);
    // A text in brackets is about one shape only.
    const defaults = inCodeFont(second.replace(/\([^)]*\)/g, ''));
    for (const [index, name] of names.entries()) {
      expect([name, name in variables || others.includes(name)]).toEqual([name, true]);
      const parsed = variables[name]?.safeParse(undefined);
      if (names.length !== defaults.length || parsed?.success !== true || parsed.data === undefined) continue;
      expect([name, String(parsed.data)]).toEqual([name, defaults[index]]);
      compared++;
    }
  }
  expect(compared).toBeGreaterThan(30);
});

const pages = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'docs/guarantees.md', 'docs/deploy.md', 'docs/operator.md'];

test.each(pages)('every path that %s names is there', (page) => {
  const paths = inCodeFont(read(page)).filter((code) => /^(?:apps|packages|tests|scripts|deploy|docs)\/[\w./-]+$/.test(code));
  expect(paths.length).toBeGreaterThan(1);
  for (const path of paths) expect([path, existsSync(join(root, path))]).toEqual([path, true]);
});

test('every file that is named without its folder is there', () => {
  const sources = ['apps', 'packages'].flatMap((top) => readdirSync(join(root, top)).map((name) => join(root, top, name, 'src')));
  const there = new Set(
    sources
      .filter((folder) => existsSync(folder))
      .flatMap((folder) => readdirSync(folder, { recursive: true }))
      .map((path) => basename(String(path))),
  );
  const named = pages.flatMap((page) => inCodeFont(read(page))).filter((code) => /^[a-z][\w-]*(?:\.\w+)*\.tsx?$/.test(code));
  // These name kinds of files, not single files.
  const kinds = ['x.test.ts', 'x.servers.test.ts', 'x.contract.ts'];
  expect(named.length).toBeGreaterThan(30);
  for (const name of named) if (!kinds.includes(name)) expect([name, there.has(name)]).toEqual([name, true]);
});

test.each(pages)('every command that %s names is one', (page) => {
  const scripts = { ...JSON.parse(read('package.json')).scripts, ...JSON.parse(read('packages/db/package.json')).scripts };
  for (const [, name] of read(page).matchAll(/npm run ([a-z][\w:-]*)/g)) expect(Object.keys(scripts)).toContain(name);
});

const records = readdirSync(join(root, 'docs/decisions')).filter((name) => name.endsWith('.md'));

test.each(records)('the decision record %s has its number, a question, and what would reverse it', (name) => {
  const number = Number(/^(\d{4})-[a-z0-9-]+\.md$/.exec(name)?.[1]);
  const record = read(`docs/decisions/${name}`);
  expect(record).toMatch(new RegExp(`^# ${number}\\. [A-Z]`));
  expect(record).toContain('\n**Question.** ');
  expect(record).toContain('\n**Reverses it.** ');
});
