// Makes `blank/data.tar.gz`: the files of an empty database, as PGlite makes them. It is the work of seconds, so a build does it, not each first start.
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { PGlite } from '@electric-sql/pglite';

const folder = fileURLToPath(new URL('../blank/', import.meta.url));
const pglite = await PGlite.create();
await pglite.exec('checkpoint');
const files = await pglite.dumpDataDir('none');
await pglite.close();
await mkdir(folder, { recursive: true });
// Renamed when whole: what is there is taken for a database.
await writeFile(`${folder}data.tar.gz.unfinished`, gzipSync(new Uint8Array(await files.arrayBuffer())));
await rename(`${folder}data.tar.gz.unfinished`, `${folder}data.tar.gz`);
