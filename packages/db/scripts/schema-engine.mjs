// Prisma's schema engine as WebAssembly, on a PGlite: it compares and applies migrations without a server or Prisma's binaries.
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils';
import { PrismaPGlite } from 'pglite-prisma-adapter';
import { readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
export const migrationsDir = join(root, 'prisma/migrations');
const schemaPath = join(root, 'prisma/schema.prisma');

/** The package is made for bundlers; Node 20 cannot import wasm, so it is instantiated here. */
async function load() {
  const path = createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm/schema_engine_bg');
  const glue = await import(path);
  const bytes = readFileSync(join(dirname(path), 'schema_engine_bg.wasm'));
  const { instance } = await WebAssembly.instantiate(bytes, { './schema_engine_bg.js': glue });
  glue.__wbg_set_wasm(instance.exports);
  instance.exports.__wbindgen_start();
  return glue.SchemaEngine;
}

/** prisma/migrations, as the engine wants it. */
function migrationList() {
  const names = readdirSync(migrationsDir).filter((name) => /^\d{14}_/.test(name));
  return {
    baseDir: migrationsDir,
    lockfile: { path: 'migration_lock.toml', content: readFileSync(join(migrationsDir, 'migration_lock.toml'), 'utf8') },
    shadowDbInitScript: '',
    migrationDirectories: names.sort().map((name) => ({
      path: name,
      migrationFile: {
        path: 'migration.sql',
        content: { tag: 'ok', value: readFileSync(join(migrationsDir, name, 'migration.sql'), 'utf8') },
      },
    })),
  };
}

const filters = { externalTables: [], externalEnums: [] };

/** Once per process: the package keeps views of the one memory it was last given. */
export async function loadSchemaEngine() {
  const SchemaEngine = await load();
  return (pglite) => openSchemaEngine(SchemaEngine, pglite);
}

async function openSchemaEngine(SchemaEngine, pglite) {
  const schema = readFileSync(schemaPath, 'utf8');
  const adapter = bindMigrationAwareSqlAdapterFactory(new PrismaPGlite(pglite));
  const engine = await SchemaEngine.new({ datamodels: [[schemaPath, schema]] }, () => {}, adapter);
  return {
    /** The SQL that leads from what the migrations make to schema.prisma; empty if they agree. */
    async missingSql() {
      const { stdout } = await engine.diff({
        from: { tag: 'migrations', ...migrationList() },
        to: { tag: 'schemaDatamodel', files: [{ path: schemaPath, content: schema }] },
        script: true,
        exitCode: null,
        filters,
      });
      const sql = stdout?.trim() ?? '';
      return sql.startsWith('-- This is an empty migration') ? '' : sql;
    },
    /** What `prisma migrate deploy` does: the names of the migrations it applied. */
    async deploy() {
      const { appliedMigrationNames } = await engine.applyMigrations({ migrationsList: migrationList(), filters });
      return appliedMigrationNames;
    },
  };
}
