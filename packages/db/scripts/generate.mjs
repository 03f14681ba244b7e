// `prisma generate` insists on a schema engine binary, though it does not run it. Naming any existing executable keeps
// it from downloading one, so a closed network can build.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
const manifest = require.resolve('prisma/package.json');
const cli = join(dirname(manifest), require(manifest).bin.prisma);
const result = spawnSync(process.execPath, [cli, 'generate', '--no-hints'], {
  cwd: join(dirname(fileURLToPath(import.meta.url)), '..'),
  env: { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: process.execPath, PRISMA_HIDE_UPDATE_MESSAGE: '1', CHECKPOINT_DISABLE: '1' },
  stdio: 'inherit',
});
process.exit(result.status ?? 1);
