import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import { noteSecurity } from '../security-log.js';
import { newSecretToken } from '../sessions/secret-token.js';

/**
 * Makes an invitation for one registration under REGISTRATION=invite.
 *
 * @param options.days how long it is good for. @default 7
 * @returns the code, which is kept nowhere else
 */
export async function createInvite(deps: Pick<CoreDeps, 'db' | 'log'>, options: { days?: number } = {}): Promise<string> {
  const { token, hashHex } = newSecretToken();
  await deps.db.$queryRaw(Prisma.sql`
    insert into invites (hash, expires_at) values (decode(${hashHex}, 'hex'), now() + ${options.days ?? 7}::int * interval '1 day')
    returning 1 as one`);
  noteSecurity(deps.log, 'invitation made', {});
  return token;
}
