// Makes the files of an empty database, as PGlite makes them: `blank/data.tar.gz` without a table, `blank/migrated.tar.gz` with all migrations.
// It is the work of seconds, so a build does it, not each first start.
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { PGlite } from '@electric-sql/pglite';
import { importSource } from '../../../scripts/lib/import-source.mjs';

const folder = fileURLToPath(new URL('../blank/', import.meta.url));
await mkdir(folder, { recursive: true });
const { migrate } = await importSource(fileURLToPath(new URL('../src/migrate.ts', import.meta.url)), `${folder}migrate.mjs`);
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
