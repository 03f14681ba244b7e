import { AppError } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import { toIso, type Instant } from '../protocol/instant.js';
import type { Actor } from '../sessions/actor.js';

export interface EmailOfAccount {
  /** As its owner typed it; null for none. */
  email: string | null;
  /** Null where nobody showed that it is theirs. */
  emailVerifiedAt: string | null;
}

/** The e-mail address of the actor's account. */
export async function getEmail({ db }: Pick<CoreDeps, 'db'>, { userId }: Pick<Actor, 'userId'>): Promise<EmailOfAccount> {
  const [row] = await db.$queryRaw<{ email: string | null; at: Instant | null }[]>(Prisma.sql`
    select u.email, u.email_verified_at as at from users u where u.id = ${userId}::uuid`);
  if (!row) throw new AppError('USER_NOT_FOUND');
  return { email: row.email, emailVerifiedAt: row.at === null ? null : toIso(row.at) };
}
