import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { minVersion, satisfies } from 'semver';
import { expect, test } from 'vitest';
import { root } from './lib/paths.mjs';

const read = async (file) => JSON.parse(await readFile(join(root, file), 'utf8'));

test('every package that is installed runs on the lowest Node we ask for', async () => {
  const { engines } = await read('package.json');
  const lowest = minVersion(engines.node);
  const { packages } = await read('package-lock.json');
  const asked = Object.entries(packages).filter(([path, { engines: own }]) => path.startsWith('node_modules/') && own?.node);
  expect(asked.length).toBeGreaterThan(50);
  expect(asked.filter(([, { engines: own }]) => !satisfies(lowest, own.node)).map(([path]) => path)).toEqual([]);
});
