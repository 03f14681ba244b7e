// Makes the files of an empty database, as PGlite makes them: `blank/data.tar.gz` without a table, `blank/migrated.tar.gz` with all migrations.
// It is the work of seconds, so a build does it, not each first start.
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { PGlite } from '@electric-sql/pglite';
import { rolldown } from 'rolldown';

const folder = fileURLToPath(new URL('../blank/', import.meta.url));
await mkdir(folder, { recursive: true });
const { migrate } = await importMigrate();
const pglite = await PGlite.create();
await keep('data');
const session = {
  query: async (sql, parameters = []) => (await pglite.query(sql, parameters)).rows,
  exec: (script) => pglite.exec(script),
};
await migrate({ withSession: (work) => work(session) }, { log: { info() {}, warn() {} } });
await keep('migrated');
await pglite.close();

async function keep(name) {
  await pglite.exec('checkpoint');
  const files = await pglite.dumpDataDir('none');
  // Renamed when whole: what is there is taken for a database.
  const file = `${folder}${name}.tar.gz`;
  await writeFile(`${file}.unfinished`, gzipSync(new Uint8Array(await files.arrayBuffer())));
  await rename(`${file}.unfinished`, file);
}

/** Imports `src/migrate.ts`, which is not compiled yet. Its code stands in this folder for a moment, from where it finds the migrations. */
async function importMigrate() {
  const input = fileURLToPath(new URL('../src/migrate.ts', import.meta.url));
  const bundle = await rolldown({ input, platform: 'node', external: (id) => isBuiltin(id) });
  const { output } = await bundle.generate();
  await bundle.close();
  const file = `${folder}migrate.mjs`;
  await writeFile(file, output[0].code);
  try {
    return await import(pathToFileURL(file).href);
  } finally {
    await rm(file);
  }
}
