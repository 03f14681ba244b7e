import { Prisma } from '@parley/db';
import { auditEntries } from '../audit/audit-statements.js';
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
    with made as (
      insert into invites (hash, expires_at) values (decode(${hashHex}, 'hex'), now() + ${options.days ?? 7}::int * interval '1 day')
      returning 1 as one
    ),
    audited as (${auditEntries({ event: 'invitation.made', by: 'operator', detail: { days: options.days ?? 7 } }, Prisma.sql`made`)})
    select one from made`);
  noteSecurity(deps.log, 'invitation made', {});
  return token;
}
