import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from './lib/paths.mjs';

const tests = /(\.(test|contract|fixture)\.tsx?$)|(\/(testing|test|test-support|fixtures|generated)\/)|(\/testing(-[\w-]+)?\.ts$)/;
/** Where a command is described, and where it is answered. */
const ownFiles = (name) => [
  `packages/contracts/src/commands/${name}.ts`,
  `packages/core/src/messages/commands/${name}.ts`,
  `packages/core/src/prompts/tasks/${name}.ts`,
];

/** The sources that run in production, without their comments: `[path from the root, text]`. */
async function sources() {
  const found = [];
  for (const top of ['packages', 'apps']) {
    for (const workspace of await readdir(join(root, top))) {
      const folder = `${top}/${workspace}/src`;
      for (const entry of await readdir(join(root, folder), { recursive: true })) {
        const path = `${folder}/${entry}`;
        if (!/\.tsx?$/.test(path) || tests.test(path)) continue;
        const text = await readFile(join(root, path), 'utf8');
        found.push([path, text.replace(/\/\*.*?\*\/|^\s*\/\/.*$/gms, '')]);
      }
    }
  }
  return found;
}

test('no source but its own two files says how a command is called', async () => {
  const names = (await readdir(join(root, 'packages/contracts/src/commands'))).map((file) => file.slice(0, -'.ts'.length));
  const files = await sources();
  expect(files.length).toBeGreaterThan(300);
  for (const name of names) {
    const called = new RegExp(`[\\s\`'"(]/${name}(?![\\w./-])`);
    const found = files.filter(([path, text]) => called.test(text) && !ownFiles(name).includes(path)).map(([path]) => path);
    expect({ name, found }).toEqual({ name, found: [] });
  }
});
