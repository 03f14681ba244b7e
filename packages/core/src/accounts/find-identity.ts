import { AppError } from '@parley/contracts';
import { isUniqueViolation, Prisma } from '@parley/db';
import { v7 as uuidv7 } from 'uuid';
import { auditEntries } from '../audit/audit-statements.js';
import type { CoreDeps } from '../deps.js';
import { claimAnnounced, insertIdentity } from '../doors/identity-statements.js';
import { createProviderAccount } from './create-provider-account.js';
import type { ProviderClaims, ProviderRules } from './provider-claims.js';

export interface FoundIdentity {
  id: string;
  userId: string;
  username: string;
  /** The name that the provider said last. */
  name: string | null;
  /** True if the account was made just now. */
  isNew: boolean;
}

/** How often a first sign-in looks again, because the same person came by another tab at that moment. */
const maxRounds = 3;

/**
 * Finds out which account a provider means, and makes it where it is to be made.
 *
 * @throws AppError REGISTRATION_CLOSED; UNAVAILABLE
 */
export async function findIdentity(deps: CoreDeps, provider: ProviderRules, claims: ProviderClaims): Promise<FoundIdentity> {
  for (let round = 0; round < maxRounds; round++) {
    const known =
      (await bySubject(deps, provider, claims)) ?? (await announced(deps, provider, claims)) ?? (await linked(deps, provider, claims));
    if (known) return { ...known, isNew: false };
    if (!provider.signUp) throw new AppError('REGISTRATION_CLOSED', 'You have no account here yet. Ask whoever runs this server for one.');
    const made = await createProviderAccount(deps, {
      provider: provider.id,
      subject: claims.subject,
      email: claims.email,
      emailVerified: claims.emailVerified,
      name: claims.name,
      username: claims.preferredUsername ?? (claims.emailVerified ? claims.email : null),
    });
    if (made) return { ...made, name: claims.name, isNew: true };
  }
  throw new AppError('CONFLICT', 'You signed in elsewhere at the same moment. Try again.');
}

async function bySubject(
  { db }: Pick<CoreDeps, 'db'>,
  { id }: ProviderRules,
  { subject }: ProviderClaims,
): Promise<Omit<FoundIdentity, 'isNew'> | null> {
  const [row] = await db.$queryRaw<Omit<FoundIdentity, 'isNew'>[]>(Prisma.sql`
    select i.id, i.user_id as "userId", u.username, i.name from identities i join users u on u.id = i.user_id where i.provider = ${id}::text and i.subject = ${subject}::text`);
  return row ?? null;
}

/**
 * The person whom SCIM announced and who never signed in: by the subject as `externalId`, or by an e-mail of which the provider made sure.
 * No name that people may choose themselves decides this.
 */
async function announced(
  { db }: Pick<CoreDeps, 'db'>,
  { id }: ProviderRules,
  { subject, email, emailVerified }: ProviderClaims,
): Promise<Omit<FoundIdentity, 'isNew'> | null> {
  const [row] = await db.$queryRaw<Omit<FoundIdentity, 'isNew'>[]>(
    claimAnnounced(id, subject, emailVerified ? (email?.toLowerCase() ?? null) : null),
  );
  return row ?? null;
}

/**
 * Where the operator allows it, the account of a person who came otherwise before, and has the same e-mail. Both sides must have made sure of it:
 * who types a stranger's e-mail here must not be handed their sign-ins, nor the other way about.
 */
async function linked(
  { db }: Pick<CoreDeps, 'db'>,
  { id: provider, link }: ProviderRules,
  { subject, email, emailVerified, name }: ProviderClaims,
): Promise<Omit<FoundIdentity, 'isNew'> | null> {
  if (link !== 'email' || email === null || !emailVerified) return null;
  const identity = { id: uuidv7(), provider, subject, email, name };
  try {
    const [row] = await db.$queryRaw<Omit<FoundIdentity, 'isNew'>[]>(Prisma.sql`
      with account as (
        select u.id, u.username from users u
        where lower(u.email) = lower(${email}::text) and u.email_verified_at is not null and u.owner_id is null
        for share of u
      ),
      identity as (${insertIdentity(identity, Prisma.sql`account.id`, Prisma.sql`account`)}),
      audited as (${auditEntries(
        {
          event: 'provider.linked',
          by: { provider },
          subject: { kind: 'account', id: Prisma.sql`account.id`, name: Prisma.sql`account.username` },
        },
        Prisma.sql`account`,
      )})
      select identity.id, account.id as "userId", account.username, ${name}::text as name from identity cross join account`);
    return row ?? null;
  } catch (error) {
    // That account is somebody else's at this provider, or the same person came by another tab.
    if (isUniqueViolation(error)) return null;
    throw error;
  }
}
