// Makes the next migration: `npm run migrate:diff -w packages/db -- <name>` writes prisma/migrations/<time>_<name>/migration.sql
// with what schema.prisma has and the migrations so far do not; `-- --check` only fails if there is such a difference.
// What Prisma cannot express (checks, partial indexes, generated columns) is added to the file by hand before it is committed.
import { PGlite } from '@electric-sql/pglite';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadSchemaEngine, migrationsDir } from './schema-engine.mjs';

const argument = process.argv[2];
if (!argument || (argument !== '--check' && !/^[a-z][a-z0-9_]*$/.test(argument))) {
  console.error('usage: migrate-diff.mjs <name_in_snake_case> | --check');
  process.exit(2);
}
const openEngine = await loadSchemaEngine();
const engine = await openEngine(new PGlite());
const sql = await engine.missingSql();
if (sql === '') {
  console.log('schema.prisma and the migrations agree.');
  process.exit(0);
}
if (argument === '--check') {
  console.error(`schema.prisma has what the migrations lack:\n${sql}`);
  process.exit(1);
}
const stamp = new Date().toISOString().replaceAll(/[-:T]/g, '').slice(0, 14);
const directory = join(migrationsDir, `${stamp}_${argument}`);
mkdirSync(directory, { recursive: true });
writeFileSync(join(directory, 'migration.sql'), `${sql}\n`);
console.log(`wrote ${join(directory, 'migration.sql')}`);
process.exit(0);
