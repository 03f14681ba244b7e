import type { SecurityView } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import { toIso, type Instant } from '../protocol/instant.js';
import type { Actor } from '../sessions/actor.js';
import { listPasskeys } from './passkeys.js';

/** By what the actor can sign in, and where mail reaches them. */
export async function getSecurity(deps: Pick<CoreDeps, 'db'>, actor: Pick<Actor, 'userId'>): Promise<SecurityView> {
  const [row] = await deps.db.$queryRaw<
    { password: boolean; secondStep: boolean; codes: number; email: string | null; verifiedAt: Instant | null }[]
  >(Prisma.sql`
    select u.password_hash is not null as password, u.email, u.email_verified_at as "verifiedAt",
      exists (select 1 from second_steps t where t.user_id = u.id and t.confirmed_at is not null) as "secondStep",
      (select count(*)::int from recovery_codes r where r.user_id = u.id and r.used_at is null) as codes
    from users u where u.id = ${actor.userId}::uuid`);
  const { password, secondStep, codes, email, verifiedAt } = row!;
  return {
    password,
    secondStep,
    recoveryCodes: codes,
    email,
    emailVerifiedAt: verifiedAt === null ? null : toIso(verifiedAt),
    passkeys: await listPasskeys(deps, actor),
  };
}
