// Makes the next migration: `npm run migrate:diff -w packages/db -- <name>` writes prisma/migrations/<time>_<name>/migration.sql
// with what schema.prisma has and the migrations so far do not; `-- --check` only fails if there is such a difference.
// It replays the migrations into PGlite in memory, so it needs neither a server nor Prisma's engine binaries.
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils';
import { PrismaPGlite } from 'pglite-prisma-adapter';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PGlite } from '@electric-sql/pglite';

const require = createRequire(import.meta.url);
const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const migrationsDir = join(root, 'prisma/migrations');
const argument = process.argv[2];
if (!argument || (argument !== '--check' && !/^[a-z][a-z0-9_]*$/.test(argument))) {
  console.error('usage: migrate-diff.mjs <name_in_snake_case> | --check');
  process.exit(2);
}

/** The package is made for bundlers; Node 20 cannot import wasm, so it is instantiated here. */
async function loadEngine() {
  const path = require.resolve('@prisma/schema-engine-wasm/schema_engine_bg');
  const glue = await import(path);
  const bytes = readFileSync(join(dirname(path), 'schema_engine_bg.wasm'));
  const { instance } = await WebAssembly.instantiate(bytes, { './schema_engine_bg.js': glue });
  glue.__wbg_set_wasm(instance.exports);
  instance.exports.__wbindgen_start();
  return glue.SchemaEngine;
}

/** Migrations as the engine reads them from disk. */
function readMigrations() {
  const names = readdirSync(migrationsDir).filter((name) => /^\d{14}_/.test(name));
  return {
    baseDir: migrationsDir,
    lockfile: { path: 'migration_lock.toml', content: readFileSync(join(migrationsDir, 'migration_lock.toml'), 'utf8') },
    shadowDbInitScript: '',
    migrationDirectories: names.toSorted().map((name) => ({
      path: name,
      migrationFile: {
        path: 'migration.sql',
        content: { tag: 'ok', value: readFileSync(join(migrationsDir, name, 'migration.sql'), 'utf8') },
      },
    })),
  };
}

const SchemaEngine = await loadEngine();
const schemaPath = join(root, 'prisma/schema.prisma');
const schema = readFileSync(schemaPath, 'utf8');
const adapter = bindMigrationAwareSqlAdapterFactory(new PrismaPGlite(new PGlite()));
const engine = await SchemaEngine.new({ datamodels: [[schemaPath, schema]] }, () => {}, adapter);
const { stdout } = await engine.diff({
  from: { tag: 'migrations', ...readMigrations() },
  to: { tag: 'schemaDatamodel', files: [{ path: schemaPath, content: schema }] },
  script: true,
  exitCode: null,
  filters: { externalTables: [], externalEnums: [] },
});
const sql = stdout?.trim() ?? '';
if (sql === '' || sql.startsWith('-- This is an empty migration')) {
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
