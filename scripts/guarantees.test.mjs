import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from './lib/paths.mjs';

/** @param {string} path */
const read = (path) => readFileSync(join(root, path), 'utf8');
const page = read('docs/guarantees.md');
/** Texts in code font. */
const named = [...page.matchAll(/`([^`]+)`/g)].map(([, text]) => /** @type {string} */ (text));
const files = [...new Set(named.filter((text) => /^(?:apps|packages|tests)\/.+\.ts$/.test(text)))];

test('every test that the guarantees name is there, and is run', () => {
  expect(files.length).toBeGreaterThan(40);
  for (const file of files) {
    expect([file, existsSync(join(root, file))]).toEqual([file, true]);
    if (file.endsWith('.test.ts')) continue;
    // A suite for several databases: some test beside it, or one folder up, runs it.
    const parts = file.replace(/\.ts$/, '.js').split('/');
    const runs = [1, 2].some((depth) => {
      const folder = parts.slice(0, -depth).join('/');
      const suite = `./${parts.slice(-depth).join('/')}'`;
      return readdirSync(join(root, folder)).some((name) => name.endsWith('.test.ts') && read(`${folder}/${name}`).includes(suite));
    });
    expect([file, runs]).toEqual([file, true]);
  }
});

test('every failure that has a test is named', () => {
  const faults = readdirSync(join(root, 'tests/e2e/faults')).filter((name) => /^\d\d-.*\.test\.ts$/.test(name));
  // Files share worlds: it is their tests that show a failure each.
  const shown = faults.flatMap((name) => read(`tests/e2e/faults/${name}`).match(/^test\(/gm) ?? []);
  expect(shown.length).toBeGreaterThanOrEqual(50);
  for (const name of faults) expect(files).toContain(`tests/e2e/faults/${name}`);
});

test('every variable named is one', () => {
  const known = ['packages/contracts/src/env-fields.ts', ...['api', 'worker', 'standalone'].map((app) => `apps/${app}/src/env.ts`)]
    .map(read)
    .join('\n');
  // Codes of errors are in capitals too.
  const codes = read('packages/contracts/src/errors.ts');
  for (const name of named.filter((text) => /^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+$/.test(text))) {
    expect([name, known.includes(`  ${name}: `) || codes.includes(`  ${name}: `)]).toEqual([name, true]);
  }
});

/** The name of a test in code font. */
const aTest = /`((?:apps|packages|tests)\/[^`]+\.(?:test|contract)\.tsx?)`/;

test('every test that the page about the AI names is there, and each of its passages names one', () => {
  const ai = read('docs/ai.md');
  const tests = [...ai.matchAll(new RegExp(aTest, 'g'))].map(([, file]) => /** @type {string} */ (file));
  for (const file of tests) expect([file, existsSync(join(root, file))]).toEqual([file, true]);
  const chapters = ai.split(/^##+ /m).slice(1);
  expect(chapters.length).toBeGreaterThan(10);
  const nameless = chapters.flatMap((chapter) => {
    const [title, ...parts] = chapter.trim().split(/\n\n+/);
    return passagesOf(parts)
      .filter((passage) => !aTest.test(passage))
      .map((passage) => `${title}: ${passage}`);
  });
  expect(nameless).toEqual([]);
});

/**
 * Paragraphs and lists, each with the table, the list or the code that it introduces, and with the tests in brackets behind it.
 *
 * @param {string[]} parts what stands between empty lines
 */
function passagesOf(parts) {
  /** @type {string[]} */
  const passages = [];
  for (const part of parts) {
    const before = passages.at(-1);
    if (before !== undefined && (/^(?:\(|\||```)/.test(part) || before.trimEnd().endsWith(':')))
      passages[passages.length - 1] = `${before}\n\n${part}`;
    else passages.push(part);
  }
  return passages;
}
