import { AppError, displayNameSchema } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import { auditEntries } from '../audit/audit-statements.js';
import { noteGroups } from '../doors/group-statements.js';
import { insertProviderSession, noteSignIn } from '../doors/identity-statements.js';
import { accountJson, type AccountRow } from '../protocol/account-rows.js';
import { noteSecurity } from '../security-log.js';
import type { AccessTokens } from '../sessions/access-tokens.js';
import type { Actor } from '../sessions/actor.js';
import { newSession, signedIn, type SignedIn } from '../sessions/signed-in.js';
import { accountOpen } from '../sessions/standing-session.js';
import { applyGroups } from './apply-groups.js';
import { findIdentity, type FoundIdentity } from './find-identity.js';
import type { ProviderClaims, ProviderRules } from './provider-claims.js';
import { updateProfile } from './update-profile.js';

/**
 * Signs in whoever a provider says it is, with a new session. A subject that the provider named before is the same person. Otherwise the
 * account is the one that the provider's SCIM announced; or, where `link` allows it, the one with the same e-mail; or a new one.
 *
 * @throws AppError ACCOUNT_DISABLED; REGISTRATION_CLOSED where `signUp` is false and nobody announced the person; UNAVAILABLE
 */
export async function signInByProvider(
  deps: CoreDeps & { tokens: AccessTokens },
  provider: ProviderRules,
  claims: ProviderClaims,
): Promise<SignedIn> {
  const identity = await findIdentity(deps, provider, claims);
  await deps.db.$executeRaw(noteGroups(identity.id, claims.groups, provider.adminGroups[provider.id] ?? []));
  // Before there is a session: whoever lost a group never acts by what it gave.
  await applyGroups(deps, identity.userId, provider.adminGroups, provider.id);
  const made = await openSession(deps, provider, identity, claims);
  noteSecurity(deps.log, 'signed in', { userId: made.user.id, username: made.user.username });
  return await takeName(deps, made, identity, claims);
}

async function openSession(
  deps: Pick<CoreDeps, 'db'> & { tokens: AccessTokens },
  { id: provider }: ProviderRules,
  identity: FoundIdentity,
  { email, emailVerified, name, sid, provedAt, idToken }: ProviderClaims,
): Promise<SignedIn> {
  const { sessionId, refreshToken, ctes } = newSession('provider');
  const [row] = await deps.db.$queryRaw<{ account: AccountRow }[]>(Prisma.sql`
    with identity as (select i.id, i.user_id from identities i where i.id = ${identity.id}::uuid for no key update of i),
    account as (select u.* from users u join identity on u.id = identity.user_id where ${accountOpen} for share of u),
    ${ctes},
    noted as (${noteSignIn({ email: emailVerified ? email : null, name }, Prisma.sql`account cross join identity`, Prisma.sql`identity.id`)}),
    placed as (${insertProviderSession({ sid, provedAt, idToken })}),
    audited as (${auditEntries(
      { event: 'session.began', by: { userId: identity.userId, sessionId, username: identity.username }, detail: { provider } },
      Prisma.sql`session`,
    )})
    select ${accountJson('account')} as account from account`);
  if (!row) throw new AppError('ACCOUNT_DISABLED');
  return await signedIn(deps.tokens, row.account, sessionId, refreshToken);
}

/**
 * Has the account take the name that the provider gives, if that has changed there since the last sign-in: a name that was changed here
 * stays until then. A name that misleads here is left alone.
 */
async function takeName(
  deps: CoreDeps & { tokens: AccessTokens },
  made: SignedIn,
  identity: FoundIdentity,
  claims: ProviderClaims,
): Promise<SignedIn> {
  if (identity.isNew || claims.name === null || claims.name === identity.name) return made;
  const name = displayNameSchema.safeParse(claims.name);
  if (!name.success || name.data === made.user.displayName) return made;
  try {
    const actor: Actor = await deps.tokens.verify(made.accessToken);
    return { ...made, user: await updateProfile(deps, actor, { displayName: name.data }) };
  } catch (error) {
    if (!AppError.is(error, 'USERNAME_TAKEN'))
      deps.log.warn({ err: error, userId: made.user.id }, 'a name of a provider could not be taken');
    return made;
  }
}
