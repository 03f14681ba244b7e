import { AppError } from '@parley/contracts';
import { isUniqueViolation, Prisma } from '@parley/db';
import { v7 as uuidv7 } from 'uuid';
import type { CoreDeps } from '../deps.js';
import { deleteGroupMember, deleteScimGroup, insertGroupMembers, insertScimGroup, renameScimGroup } from '../doors/scim-statements.js';
import { toIso, type Instant } from '../protocol/instant.js';
import { applyGroups } from './apply-groups.js';
import type { ScimPage, ScimProvider } from './scim-users.js';

/** A group as SCIM has it, without what HTTP adds. */
export interface ScimGroup {
  id: string;
  displayName: string;
  externalId: string | null;
  created: string;
  changed: string;
}

export interface ScimGroupInput {
  displayName: string;
  externalId: string | null;
}

interface ScimGroupRow extends Omit<ScimGroup, 'created' | 'changed'> {
  created: Instant;
  changed: Instant;
}

/** People put into a group by one statement. */
const membersPerStatement = 500;

const columns = Prisma.sql`sg.id, sg.name as "displayName", sg.external_id as "externalId", sg.created_at as created, sg.changed_at as changed`;

function scimGroup(row: ScimGroupRow): ScimGroup {
  return { ...row, created: toIso(row.created), changed: toIso(row.changed) };
}

function noGroup(): AppError {
  return new AppError('NOT_FOUND', 'There is no such group.');
}

/** @throws AppError NOT_FOUND */
export async function getScimGroup({ db }: Pick<CoreDeps, 'db'>, provider: ScimProvider, id: string): Promise<ScimGroup> {
  const [row] = await db.$queryRaw<ScimGroupRow[]>(Prisma.sql`
    select ${columns} from scim_groups sg where sg.provider = ${provider.id}::text and sg.id = ${id}::uuid`);
  if (!row) throw noGroup();
  return scimGroup(row);
}

/** Groups in order of id. */
export async function listScimGroups(
  { db }: Pick<CoreDeps, 'db'>,
  provider: ScimProvider,
  { displayName, externalId, id }: { displayName?: string; externalId?: string; id?: string },
  page: ScimPage,
): Promise<ScimGroup[]> {
  const rows = await db.$queryRaw<ScimGroupRow[]>(Prisma.sql`
    select ${columns} from scim_groups sg
    where sg.provider = ${provider.id}::text
      and (${displayName?.toLowerCase() ?? null}::text is null or sg.name_key = ${displayName?.toLowerCase() ?? null}::text)
      and (${externalId ?? null}::text is null or sg.external_id = ${externalId ?? null}::text)
      and (${id ?? null}::uuid is null or sg.id = ${id ?? null}::uuid)
      and (${page.after}::uuid is null or sg.id > ${page.after}::uuid)
    order by sg.id offset ${page.skip ?? 0}::int limit ${page.limit}::int`);
  return rows.map(scimGroup);
}

/** People of a group, in order of id. @param page.after the id that the page before ended with; null to begin */
export async function listScimMembers(
  { db }: Pick<CoreDeps, 'db'>,
  provider: ScimProvider,
  groupId: string,
  page: { after: string | null; limit: number },
): Promise<{ id: string; userName: string }[]> {
  return await db.$queryRaw<{ id: string; userName: string }[]>(Prisma.sql`
    select i.id, coalesce(i.scim ->> 'userName', i.scim_name) as "userName"
    from scim_group_members m join identities i on i.id = m.identity_id
    where m.group_id = ${groupId}::uuid and i.provider = ${provider.id}::text and (${page.after}::uuid is null or i.id > ${page.after}::uuid)
    order by i.id limit ${page.limit}::int`);
}

/** @throws AppError USERNAME_TAKEN where the provider has a group of that name; USER_NOT_FOUND for a member that is no user */
export async function createScimGroup(
  deps: CoreDeps,
  provider: ScimProvider,
  { members, ...input }: ScimGroupInput & { members: readonly string[] },
): Promise<ScimGroup> {
  const id = uuidv7();
  await named(async () => {
    await deps.db.$queryRaw<unknown[]>(insertScimGroup(provider.id, id, { name: input.displayName, externalId: input.externalId }));
  });
  await addScimMembers(deps, provider, id, members);
  return await getScimGroup(deps, provider, id);
}

/** Names a group anew. What the old name gave its people goes, and what the new one gives comes. @throws AppError NOT_FOUND; USERNAME_TAKEN */
export async function renameGroup(
  deps: CoreDeps,
  provider: ScimProvider,
  { id, ...input }: ScimGroupInput & { id: string },
): Promise<void> {
  const before = await getScimGroup(deps, provider, id);
  await named(async () => {
    const [changed] = await deps.db.$queryRaw<unknown[]>(
      renameScimGroup(provider.id, id, { name: input.displayName, externalId: input.externalId }),
    );
    if (!changed) throw noGroup();
  });
  if (before.displayName === input.displayName) return;
  await eachMember(deps, provider, id, (member) => applyTo(deps, provider, member));
}

/** Puts people into a group. @throws AppError USER_NOT_FOUND for one that is no user */
export async function addScimMembers(deps: CoreDeps, provider: ScimProvider, groupId: string, members: readonly string[]): Promise<void> {
  for (let from = 0; from < members.length; from += membersPerStatement) {
    const some = members.slice(from, from + membersPerStatement);
    const [known] = await deps.db.$queryRaw<{ count: number }[]>(Prisma.sql`
      select count(*)::int as count from identities i
      where i.provider = ${provider.id}::text and i.scim is not null and i.id = any(${[...some]}::uuid[])`);
    if (known?.count !== new Set(some).size) {
      throw new AppError('USER_NOT_FOUND', 'members: one of them is no user. Create users before their groups.', { field: 'members' });
    }
    await deps.db.$executeRaw(insertGroupMembers(provider.id, groupId, some));
    // All that were named, also those who were in it: a call that broke off is repeated.
    for (const member of some) await applyTo(deps, provider, member);
  }
}

/** Takes people out of a group, one after the other: with the group goes what it gave. */
export async function removeScimMembers(
  deps: CoreDeps,
  provider: ScimProvider,
  groupId: string,
  members: readonly string[],
): Promise<void> {
  for (const member of members) {
    await deps.db.$executeRaw(deleteGroupMember(provider.id, groupId, member));
    await applyTo(deps, provider, member);
  }
}

/** Leaves these people in the group and no others. @throws AppError USER_NOT_FOUND for one that is no user */
export async function setScimMembers(deps: CoreDeps, provider: ScimProvider, groupId: string, members: readonly string[]): Promise<void> {
  const wanted = new Set(members);
  await eachMember(deps, provider, groupId, async (member) => {
    if (!wanted.has(member)) await removeScimMembers(deps, provider, groupId, [member]);
  });
  await addScimMembers(deps, provider, groupId, members);
}

/** @throws AppError NOT_FOUND */
export async function deleteGroup(deps: CoreDeps, provider: ScimProvider, id: string): Promise<void> {
  await getScimGroup(deps, provider, id);
  await setScimMembers(deps, provider, id, []);
  await deps.db.$executeRaw(deleteScimGroup(provider.id, id));
}

async function eachMember(
  deps: Pick<CoreDeps, 'db'>,
  provider: ScimProvider,
  groupId: string,
  work: (member: string) => Promise<void>,
): Promise<void> {
  for (let after: string | null = null; ;) {
    const members: { id: string }[] = await listScimMembers(deps, provider, groupId, { after, limit: membersPerStatement });
    for (const { id } of members) await work(id);
    after = members.at(-1)?.id ?? null;
    if (after === null) return;
  }
}

async function applyTo(deps: CoreDeps, provider: ScimProvider, identityId: string): Promise<void> {
  const [person] = await deps.db.$queryRaw<{ userId: string }[]>(Prisma.sql`
    select i.user_id as "userId" from identities i where i.id = ${identityId}::uuid and i.provider = ${provider.id}::text`);
  if (person) await applyGroups(deps, person.userId, provider.adminGroups, provider.id);
}

async function named(write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (isUniqueViolation(error))
      throw new AppError('USERNAME_TAKEN', 'There is another group of this displayName.', { field: 'displayName' });
    throw error;
  }
}
