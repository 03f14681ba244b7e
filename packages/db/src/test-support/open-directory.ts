// Opens a data directory and keeps it open until its input ends. Prints `open`, or the error's name and message.
import { createPgliteDb } from '../pglite.js';

const [dataDir = ''] = process.argv.slice(2);
try {
  const handle = await createPgliteDb({ dataDir });
  console.log('open');
  process.stdin.resume().once('end', () => void handle.close());
} catch (error) {
  const { name, message } = error as Error;
  console.log(`${name}: ${message}`);
}
