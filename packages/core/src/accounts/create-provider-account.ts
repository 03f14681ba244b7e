import { randomBytes } from 'node:crypto';
import { AppError, displayNameSchema, maxDisplayNameLength, maxUsernameLength, usernameSchema } from '@parley/contracts';
import { nameKeys } from '@parley/contracts/search';
import { isUniqueViolation, Prisma } from '@parley/db';
import { v7 as uuidv7 } from 'uuid';
import { auditEntries } from '../audit/audit-statements.js';
import type { CoreDeps } from '../deps.js';
import { insertIdentity, type NewIdentity } from '../doors/identity-statements.js';
import { enterLobby } from '../members/by-group.js';
import { accountJson, type AccountRow } from '../protocol/account-rows.js';
import { hueOf } from '../protocol/hue-of.js';
import { noteSecurity } from '../security-log.js';
import { claimHandle } from './claim-handle.js';
import { misleadingName, namesAreFree, type Naming } from './misleading-name.js';

/** Who is to have an account, as a provider names them. */
export interface Announced extends Omit<NewIdentity, 'id'> {
  /** What the handle is made of: a name or an e-mail; null for neither. */
  username: string | null;
  /** True if the provider made sure that the e-mail is theirs. */
  emailVerified: boolean;
}

/** How many numbered handles are tried, when others have the plain one, before one is made at random. */
const maxNumbered = 9;

/**
 * Makes an account without a password for somebody at a provider, with a handle and a name that are free and mislead nobody: those that the
 * provider gives, or else ones that come near them. Nobody else needs to allow it; whether accounts are made is for the caller to decide.
 *
 * @returns null if the provider's identity came to be at the same moment; then nothing was made
 */
export async function createProviderAccount(
  deps: CoreDeps,
  { username, ...identity }: Announced,
): Promise<{ id: string; userId: string; username: string } | null> {
  const wanted = handleOf(username) ?? handleOf(identity.name);
  const id = uuidv7();
  for (const handle of handles(wanted)) {
    for (const displayName of names(identity.name, handle)) {
      const naming: Naming = {
        handle: { text: handle, field: 'username' },
        name: { text: displayName, field: 'displayName' },
        of: 'person',
        userId: null,
      };
      const misleading = await misleadingName(deps, naming);
      if (misleading?.field === 'username') break;
      if (misleading) continue;
      const made = await write(deps, { ...identity, id }, naming, handle, displayName);
      if (made === 'known') return null;
      if (made === 'taken') break;
      noteSecurity(deps.log, 'account made', { userId: made.id, username: made.username });
      await enterLobby(deps, made.id).catch((error: unknown) => {
        deps.log.warn({ err: error, userId: made.id }, 'a new account could not enter the Lobby');
      });
      return { id, userId: made.id, username: made.username };
    }
  }
  throw new AppError('CONFLICT', 'No free name could be found for this account. Try again.');
}

async function write(
  { db }: Pick<CoreDeps, 'db'>,
  identity: NewIdentity & { emailVerified: boolean },
  naming: Naming,
  handle: string,
  displayName: string,
): Promise<AccountRow | 'known' | 'taken'> {
  const { email, emailVerified } = identity;
  const freeEmail = Prisma.sql`(
    select given.email from (select ${emailVerified ? email : null}::text as email) given
    where not exists (select 1 from users u where lower(u.email) = lower(given.email)))`;
  try {
    const [row] = await db.$queryRaw<{ account: AccountRow }[]>(Prisma.sql`
      with free as (select 1 as one where ${namesAreFree(naming)}),
      name as (${claimHandle(handle, Prisma.sql`free`)}),
      account as (
        insert into users (id, username, display_name, names, avatar, email, email_verified_at)
        select ${uuidv7()}::uuid, name.handle, ${displayName}::text, ${nameKeys([handle, displayName])}::tsvector,
          ${JSON.stringify({ hue: hueOf(handle), glyph: null })}::jsonb,
          -- Another account may have it already: two of one e-mail would both be found by it.
          ${freeEmail}, case when ${freeEmail} is not null then now() end
        from name
        returning *
      ),
      identity as (${insertIdentity({ ...identity, email: emailVerified ? email : null }, Prisma.sql`account.id`, Prisma.sql`account`)}),
      audited as (${auditEntries(
        {
          event: 'account.made',
          by: { provider: identity.provider },
          subject: { kind: 'account', id: Prisma.sql`account.id`, name: Prisma.sql`account.username` },
        },
        Prisma.sql`account`,
      )})
      select ${accountJson('account')} as account from account`);
    return row?.account ?? 'taken';
  } catch (error) {
    // Nothing of the statement remains.
    if (isUniqueViolation(error, 'identities_provider_subject_key') || isUniqueViolation(error, 'identities_provider_scim_name_key'))
      return 'known';
    // The e-mail became somebody's at the same moment: looked at again.
    if (isUniqueViolation(error, 'users_email_key')) return await write({ db }, identity, naming, handle, displayName);
    throw error;
  }
}

/** Letters, digits and inner signs of what a provider calls somebody, as a handle has them; null where that leaves too little. */
function handleOf(text: string | null): string | null {
  if (text === null) return null;
  const plain = (text.split('@', 1)[0] ?? '')
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .slice(0, maxUsernameLength - 2)
    // Any other sign stands between words.
    .split(/[^a-z0-9._-]|\.\.|\.$/)
    .filter((word) => word !== '')
    .join('-');
  // A handle begins with a letter or a digit.
  const start = plain.search(/[a-z0-9]/);
  const read = usernameSchema.safeParse(start === -1 ? '' : plain.slice(start));
  return read.success ? read.data : null;
}

/** What is tried in turn: the plain handle, numbered ones, then one that nobody has. */
function handles(wanted: string | null): string[] {
  const numbered =
    wanted === null ? [] : Array.from({ length: maxNumbered }, (_, place) => (place === 0 ? wanted : `${wanted}${place + 1}`));
  const random = () => `person-${randomBytes(5).toString('hex')}`;
  return [...numbered, random(), random()];
}

/** Two people of a company may well have one name: the second is told apart by the handle. */
function names(given: string | null, handle: string): string[] {
  const read = displayNameSchema.safeParse(given ?? '');
  if (!read.success) return [handle];
  const apart = ` (${handle})`;
  return [read.data, ...(read.data.length + apart.length <= maxDisplayNameLength ? [`${read.data}${apart}`] : []), handle];
}
