// Inserts handles `<prefix>-<n>` without end and prints each n once it is acknowledged.
import { createPgliteDb } from '../pglite.js';

const [dataDir = '', prefix = ''] = process.argv.slice(2);
const { db } = await createPgliteDb({ dataDir });
for (let n = 0; ; n++) {
  await db.$queryRaw`insert into handles values (${`${prefix}-${n}`}) returning handle`;
  // Wait until the pipe has the line: a line that is still buffered in this process when it is killed is lost. A slow reader lets the pipe
  // fill up, and a synchronous write to a full pipe fails.
  await new Promise((written) => process.stdout.write(`${n}\n`, written));
}
