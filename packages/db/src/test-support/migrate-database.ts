// Migrates a database with the migrations of a directory and prints how many it applied.
import { migrate } from '../migrate.js';
import { readMigrations } from '../migration-files.js';
import { createPostgresDb } from '../postgres.js';

const [url = '', directory = ''] = process.argv.slice(2);
const handle = await createPostgresDb({ url });
console.log('ready');
process.stdin.once('data', () => void run());

async function run() {
  const { applied } = await migrate(handle, { log: { info() {}, warn() {} }, migrations: await readMigrations(directory) });
  console.log(String(applied.length));
  process.stdin.destroy();
  await handle.close();
}
