import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { storedTables } from '../packages/core/src/privacy/stored-tables.ts';
import { root } from './lib/paths.mjs';

/** @param {string} path */
const read = (path) => readFileSync(join(root, path), 'utf8');
const inSchema = [...read('packages/db/prisma/schema.prisma').matchAll(/@@map\("(\w+)"\)/g)].map(([, name]) => name).sort();

test('every table of the schema says how it shrinks, to admins and in docs/storage.md', () => {
  expect(inSchema.length).toBeGreaterThan(30);
  // A new table gets its line in packages/core/src/privacy/stored-tables.ts, and in docs/storage.md.
  expect(Object.keys(storedTables).sort()).toEqual(inSchema);
  const rows = [...read('docs/storage.md').matchAll(/^\| `(\w+)` \| .+ \| (.+) \|$/gm)].map(([, name, shrinks]) => [name, shrinks]);
  expect(Object.fromEntries(rows)).toEqual(Object.fromEntries(Object.entries(storedTables).map(([name, table]) => [name, table.shrinks])));
});
