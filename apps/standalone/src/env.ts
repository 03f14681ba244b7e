import { apiEnvShape } from '@parley/api';
import { envCount, misspeltVariables, parseEnv } from '@parley/contracts';
import { modelSettingsOf, workerEnvShape } from '@parley/worker';
import { z } from 'zod';

export const standaloneEnvSchema = z.object({
  ...apiEnvShape,
  ...workerEnvShape,
  // There is no other instance that sockets could move to, so a stop need not wait for them.
  STOP_DRAIN_MS: apiEnvShape.STOP_DRAIN_MS.removeDefault().default(100),
  DATA_DIR: z.string().min(1).default('data'),
  /** Free megabytes of DATA_DIR's disk below which the database refuses writes. */
  DISK_RESERVE_MB: envCount(32, 1_000_000_000),
  SESSION_SECRET: z.string().min(32).optional().describe('at least 32 characters; without it one is made and kept in DATA_DIR'),
});

export type StandaloneEnv = z.infer<typeof standaloneEnvSchema>;

/** @throws EnvError naming each bad variable */
export function readStandaloneEnv(env: Record<string, string | undefined> = process.env): StandaloneEnv {
  const read = parseEnv(standaloneEnvSchema, env);
  modelSettingsOf(read, env);
  return read;
}

/** Variables that look like ones of this process and are none. */
export function misspeltStandaloneVariables(env: Record<string, string | undefined> = process.env) {
  return misspeltVariables(env, Object.keys(standaloneEnvSchema.shape));
}

/** Set variables that say where the servers of the distributed shape are: this one has none, and keeps everything in DATA_DIR. */
export function unusedServers(env: Record<string, string | undefined> = process.env): string[] {
  return ['DATABASE_URL', 'NATS_URL', 'REDIS_URL'].filter((name) => env[name]);
}
