// Inserts handles `<prefix>-<n>` without end and prints each n once it is acknowledged.
import { writeSync } from 'node:fs';
import { createPgliteDb } from '../pglite.js';

const [dataDir = '', prefix = ''] = process.argv.slice(2);
const { db } = await createPgliteDb({ dataDir });
for (let n = 0; ; n++) {
  await db.$queryRaw`insert into handles values (${`${prefix}-${n}`}) returning handle`;
  // Straight to the pipe: what this process still buffers when it is killed, its killer would not see as acknowledged.
  writeSync(1, `${n}\n`);
}
