import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { sourceStamp } from './build.mjs';
import { installStamp } from './install.mjs';
import { explainUnwritable, prepare } from './prepare.mjs';
import { createSteps } from './steps.mjs';

/** @type {string} */
let root;
/** @param {string} path @param {string} [text] */
const write = (path, text = '') => {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
};
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'parley-prepare-'));
  write('package-lock.json', '{"packages":{}}');
  write('node_modules/.package-lock.json', '{"packages":{}}');
  write('apps/api/package.json', '{"scripts":{"build":"node bundle.mjs"}}');
  write('apps/api/bundle/main.js');
  // Where a lock would be there is a file, and no folder can be made.
  write('no-folder');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** @param {string[]} said */
const options = (said) => ({
  root,
  stateDirectory: join(root, 'no-folder/state'),
  env: {},
  steps: createSteps({ write: (line) => said.push(line.replace(/ +[\d.]+ s$/, '')), now: () => 0 }),
  commands: { run: () => Promise.reject(new Error('nothing is to be run')), killAll: () => {} },
});

test.each([[true], [false]])('a built clone is not written to, nor locked; with a stamp of its installation: %s', async (stamped) => {
  if (stamped) write('node_modules/.cache/parley/install.json', JSON.stringify(installStamp('{"packages":{}}', process)));
  write('node_modules/.cache/parley/build.txt', await sourceStamp(root));
  /** @type {string[]} */
  const said = [];
  await prepare(options(said));
  expect(said).toEqual(['✓ install   up to date', '✓ build     up to date']);
});

test('a clone that is not built has to be written to', async () => {
  await expect(prepare(options([]))).rejects.toThrow(/ENOTDIR|EEXIST/);
});

test.each([
  ['EACCES', 'you may not write here: /srv/parley/.turbo'],
  ['EPERM', 'you may not write here: /srv/parley/.turbo'],
  ['EROFS', 'this file system is read-only: /srv/parley/.turbo'],
])('%s is a sentence that says what to do', (code, why) => {
  const cause = Object.assign(new Error(code), { code, path: '/srv/parley/.turbo' });
  const error = explainUnwritable(cause, '/srv/parley');
  expect(error).toMatchObject({ name: 'StepError', cause });
  expect(/** @type {Error} */ (error).message).toContain(why);
  expect(/** @type {Error} */ (error).message).toContain('Run “npm start” once in /srv/parley as the user it belongs to');
});

test('any other error is left as it is', () => {
  const error = new Error('something else');
  expect(explainUnwritable(error, '/srv/parley')).toBe(error);
});
