import { createMemoryBus } from '@parley/bus/memory';
import { createNatsBus } from '@parley/bus/nats';
import type { CoreDeps } from '@parley/core/deps';
import type { AdminEnv } from '../env.js';

const say = (context: object, message: string) => void process.stderr.write(`${message} ${JSON.stringify(context)}\n`);

/** The log of an operator's command: what is wrong, on stderr. */
export const stderrLog: CoreDeps['log'] = { info() {}, warn: say, error: say };

/** The bus tells running APIs at once. Without a bus the APIs notice at the next sweep over their sockets. */
export function createOperatorBus({ NATS_URL: servers, NATS_CREDS: credentialsFile, PARLEY_ENV: env }: AdminEnv, name: string) {
  const onError = (error: unknown) => stderrLog.warn({ err: error }, 'the bus reports an error');
  return servers ? createNatsBus({ servers, credentialsFile, name, env, onError }) : createMemoryBus({ env, onError });
}
