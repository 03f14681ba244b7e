// Inserts handles `<prefix>-<n>` without end and prints each n once it is acknowledged.
import { createPgliteDb } from '../pglite.js';

const [dataDir = '', prefix = ''] = process.argv.slice(2);
const { db } = await createPgliteDb({ dataDir });
for (let n = 0; ; n++) {
  await db.$queryRaw`insert into handles values (${`${prefix}-${n}`}) returning handle`;
  // Wait until the pipe has it: a line that this process still buffers when it is killed would not reach its killer. A reader that is slow fills
  // the pipe, which a synchronous write would fail on.
  await new Promise((written) => process.stdout.write(`${n}\n`, written));
}
