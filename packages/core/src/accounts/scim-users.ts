import { AppError } from '@parley/contracts';
import { isUniqueViolation, Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import { adoptIdentity, forgetScimUser, replaceScimUser, type ScimUserWrite } from '../doors/scim-statements.js';
import { accountOpen } from '../sessions/standing-session.js';
import { toIso, type Instant } from '../protocol/instant.js';
import { applyGroups, type AdminGroups } from './apply-groups.js';
import { createProviderAccount } from './create-provider-account.js';
import { disableByProvider } from './disable-account.js';
import { enableByProvider } from './enable-account.js';

/** The provider whose SCIM client calls, proven by its token. */
export interface ScimProvider {
  id: string;
  adminGroups: AdminGroups;
}

/** Somebody as SCIM has them, without what HTTP adds. */
export interface ScimUser {
  id: string;
  userName: string;
  externalId: string | null;
  /** Whether the account is open. */
  active: boolean;
  resource: Record<string, unknown>;
  created: string;
  changed: string;
}

export interface ScimUserInput {
  userName: string;
  externalId: string | null;
  active: boolean;
  /** E-mails, in lower case. */
  emails: readonly string[];
  displayName: string | null;
  resource: Record<string, unknown>;
}

interface ScimUserRow extends Omit<ScimUser, 'created' | 'changed' | 'userName'> {
  scimName: string;
  created: Instant;
  changed: Instant;
}

const columns = Prisma.sql`i.id, i.scim_name as "scimName", i.external_id as "externalId", ${accountOpen} as active, i.scim as resource,
  i.created_at as created, coalesce(i.scim_at, i.created_at) as changed`;

function scimUser({ scimName, created, changed, ...row }: ScimUserRow): ScimUser {
  const { userName } = row.resource;
  return { ...row, userName: typeof userName === 'string' ? userName : scimName, created: toIso(created), changed: toIso(changed) };
}

function noUser(): AppError {
  return new AppError('USER_NOT_FOUND', 'There is no such user.');
}

/** @throws AppError USER_NOT_FOUND */
export async function getScimUser({ db }: Pick<CoreDeps, 'db'>, provider: ScimProvider, id: string): Promise<ScimUser> {
  const [row] = await db.$queryRaw<ScimUserRow[]>(Prisma.sql`
    select ${columns} from identities i join users u on u.id = i.user_id
    where i.provider = ${provider.id}::text and i.id = ${id}::uuid and i.scim is not null`);
  if (!row) throw noUser();
  return scimUser(row);
}

/** What is asked for by the parts of a filter that an index answers. */
export interface ScimUserQuery {
  userName?: string;
  externalId?: string;
  id?: string;
}

export interface ScimPage {
  /** The id that the page before ended with; null to begin. */
  after: string | null;
  /** So many are left out first. @default 0 */
  skip?: number;
  limit: number;
}

/** How many users the provider has announced, and how many groups. */
export async function countScim(
  { db }: Pick<CoreDeps, 'db'>,
  provider: Pick<ScimProvider, 'id'>,
): Promise<{ users: number; groups: number }> {
  const [row] = await db.$queryRaw<{ users: number; groups: number }[]>(Prisma.sql`
    select (select count(*) from identities i where i.provider = ${provider.id}::text and i.scim is not null)::int as users,
      (select count(*) from scim_groups sg where sg.provider = ${provider.id}::text)::int as groups`);
  return row!;
}

/** Users in order of id. */
export async function listScimUsers(
  { db }: Pick<CoreDeps, 'db'>,
  provider: ScimProvider,
  { userName, externalId, id }: ScimUserQuery,
  page: ScimPage,
): Promise<ScimUser[]> {
  const rows = await db.$queryRaw<ScimUserRow[]>(Prisma.sql`
    select ${columns} from identities i join users u on u.id = i.user_id
    where i.provider = ${provider.id}::text and i.scim is not null
      and (${userName?.toLowerCase() ?? null}::text is null or i.scim_name = ${userName?.toLowerCase() ?? null}::text)
      and (${externalId ?? null}::text is null or i.external_id = ${externalId ?? null}::text)
      and (${id ?? null}::uuid is null or i.id = ${id ?? null}::uuid)
      and (${page.after}::uuid is null or i.id > ${page.after}::uuid)
    order by i.id offset ${page.skip ?? 0}::int limit ${page.limit}::int`);
  return rows.map(scimUser);
}

/**
 * Makes an account for somebody whom a provider announces, or takes over the one of somebody who came in by it already, or was deleted there
 * before.
 *
 * @throws AppError USERNAME_TAKEN where the provider has announced somebody of that name
 */
export async function createScimUser(deps: CoreDeps, provider: ScimProvider, input: ScimUserInput): Promise<ScimUser> {
  const [adopted] = await deps.db.$queryRaw<{ id: string }[]>(adoptIdentity(provider.id, writeOf(input), input.emails));
  const made =
    adopted ??
    (await createProviderAccount(deps, {
      provider: provider.id,
      subject: null,
      email: input.emails[0] ?? null,
      emailVerified: true,
      name: input.displayName,
      username: input.userName,
      scim: { name: input.userName.toLowerCase(), externalId: input.externalId, resource: input.resource },
    }));
  if (!made) throw nameTaken();
  await setActive(deps, provider, made.id, input.active);
  return await getScimUser(deps, provider, made.id);
}

/** @throws AppError USER_NOT_FOUND; USERNAME_TAKEN */
export async function changeScimUser(
  deps: CoreDeps,
  provider: ScimProvider,
  { id, ...input }: ScimUserInput & { id: string },
): Promise<ScimUser> {
  // First, so that nothing keeps somebody in who is to be shut out.
  if (!input.active) await setActive(deps, provider, (await getScimUser(deps, provider, id)).id, false);
  try {
    const [changed] = await deps.db.$queryRaw<{ id: string }[]>(replaceScimUser(provider.id, id, writeOf(input)));
    if (!changed) throw noUser();
  } catch (error) {
    if (isUniqueViolation(error)) throw nameTaken();
    throw error;
  }
  await setActive(deps, provider, id, input.active);
  return await getScimUser(deps, provider, id);
}

/**
 * Shuts out somebody whom the provider deleted, and takes back what groups gave. What they said stays, as with any account that is disabled.
 *
 * @throws AppError USER_NOT_FOUND
 */
export async function deleteScimUser(deps: CoreDeps, provider: ScimProvider, id: string): Promise<void> {
  const user = await getScimUser(deps, provider, id);
  await setActive(deps, provider, user.id, false);
  const [person] = await deps.db.$queryRaw<{ userId: string }[]>(Prisma.sql`
    select i.user_id as "userId" from identities i where i.id = ${user.id}::uuid`);
  await deps.db.$queryRaw<unknown[]>(forgetScimUser(provider.id, id));
  if (person) await applyGroups(deps, person.userId, provider.adminGroups, provider.id);
}

async function setActive(deps: CoreDeps, provider: ScimProvider, id: string, active: boolean): Promise<void> {
  if (active) await enableByProvider(deps, provider.id, id);
  else await disableByProvider(deps, provider.id, id);
}

function writeOf({ userName, externalId, resource }: ScimUserInput): ScimUserWrite {
  return { name: userName.toLowerCase(), externalId, resource };
}

function nameTaken(): AppError {
  return new AppError('USERNAME_TAKEN', 'There is another user of this userName.', { field: 'userName' });
}
