// Inserts handles `<prefix>-<n>` without end and prints each n once it is acknowledged.
import { writeSync } from 'node:fs';
import { createPgliteDb } from '../pglite.js';

const [dataDir = '', prefix = ''] = process.argv.slice(2);
const { db } = await createPgliteDb({ dataDir });
for (let n = 0; ; n++) {
  await db.$queryRaw`insert into handles values (${`${prefix}-${n}`}) returning handle`;
  // Write straight to the pipe: a line that this process still buffers when it is killed would not reach its killer.
  writeSync(1, `${n}\n`);
}
