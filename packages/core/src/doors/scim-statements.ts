import { Prisma } from '@parley/db';

/** Statements that write what a provider says by SCIM of people and groups. Each yields the ids of the rows that it wrote. */

export interface ScimUserWrite {
  /** `userName` in lower case. */
  name: string;
  externalId: string | null;
  /** The resource without what is kept elsewhere. */
  resource: object;
}

/**
 * Statement by which SCIM takes over somebody whom it did not know, or knew and deleted: who has its name, or came in by the provider's OpenID
 * Connect with this subject, or with one of these e-mails of which the provider made sure. It writes nothing where that is not one person.
 */
export function adoptIdentity(provider: string, { name, externalId, resource }: ScimUserWrite, emails: readonly string[]): Prisma.Sql {
  return Prisma.sql`
    with found as (
      select i.id, i.scim_name = ${name}::text as named, i.subject = ${externalId}::text as exact from identities i
      where i.provider = ${provider}::text and i.scim is null
        and (i.scim_name = ${name}::text
          or i.scim_name is null and (i.subject = ${externalId}::text or lower(i.email) = any(${[...emails]}::text[])))
    ),
    chosen as (
      select id from found order by named desc nulls last, exact desc nulls last
      limit case when (select count(*) from found) = 1 or exists (select 1 from found where named or exact) then 1 else 0 end
    )
    update identities i set scim_name = ${name}::text, external_id = ${externalId}::text, scim = ${JSON.stringify(resource)}::jsonb, scim_at = now()
    from chosen where i.id = chosen.id and i.scim is null
    returning i.id`;
}

/** Statement that replaces what SCIM says of somebody. It fails where another has the name. */
export function replaceScimUser(provider: string, id: string, { name, externalId, resource }: ScimUserWrite): Prisma.Sql {
  return Prisma.sql`
    update identities i set scim_name = ${name}::text, external_id = ${externalId}::text, scim = ${JSON.stringify(resource)}::jsonb, scim_at = now()
    where i.id = ${id}::uuid and i.provider = ${provider}::text and i.scim is not null
    returning i.id`;
}

/** Statement after which SCIM knows somebody no more, nor their groups. Their name stays, so that they are found when they come back. */
export function forgetScimUser(provider: string, id: string): Prisma.Sql {
  return Prisma.sql`
    with left_groups as (delete from scim_group_members m where m.identity_id = ${id}::uuid)
    update identities i set scim = null, external_id = null, scim_at = now()
    where i.id = ${id}::uuid and i.provider = ${provider}::text and i.scim is not null
    returning i.id`;
}

/** Statement that makes a group. It fails where another has the name. */
export function insertScimGroup(
  provider: string,
  id: string,
  { name, externalId }: { name: string; externalId: string | null },
): Prisma.Sql {
  return Prisma.sql`
    insert into scim_groups (id, provider, name, name_key, external_id)
    values (${id}::uuid, ${provider}::text, ${name}::text, ${name.toLowerCase()}::text, ${externalId}::text)
    returning id`;
}

/** Statement that names a group anew. It fails where another has the name. */
export function renameScimGroup(
  provider: string,
  id: string,
  { name, externalId }: { name: string; externalId: string | null },
): Prisma.Sql {
  return Prisma.sql`
    update scim_groups sg set name = ${name}::text, name_key = ${name.toLowerCase()}::text, external_id = ${externalId}::text, changed_at = now()
    where sg.id = ${id}::uuid and sg.provider = ${provider}::text
    returning sg.id`;
}

export function deleteScimGroup(provider: string, id: string): Prisma.Sql {
  return Prisma.sql`delete from scim_groups sg where sg.id = ${id}::uuid and sg.provider = ${provider}::text returning sg.id`;
}

/** Statement that puts people into a group, of those that SCIM knows. */
export function insertGroupMembers(provider: string, groupId: string, identityIds: readonly string[]): Prisma.Sql {
  return Prisma.sql`
    insert into scim_group_members (group_id, identity_id)
    select sg.id, i.id from scim_groups sg join identities i on i.provider = sg.provider
    where sg.id = ${groupId}::uuid and sg.provider = ${provider}::text and i.scim is not null and i.id = any(${[...identityIds]}::uuid[])
    on conflict do nothing
    returning identity_id as id`;
}

export function deleteGroupMember(provider: string, groupId: string, identityId: string): Prisma.Sql {
  return Prisma.sql`
    delete from scim_group_members m using scim_groups sg
    where sg.id = m.group_id and sg.provider = ${provider}::text and m.group_id = ${groupId}::uuid and m.identity_id = ${identityId}::uuid
    returning m.identity_id as id`;
}
