import type { RoomRole } from '@parley/contracts';
import { Prisma } from '@parley/db';

/** Parts of the statements that write what groups of providers give. */

/**
 * Body of a CTE that notes the groups of a sign-in. Those that a rule names are all kept, so that nobody loses what is theirs by being in
 * many; of the others so many that a rule made later finds most people at once.
 */
export function noteGroups(identity: string, groups: readonly string[], named: readonly string[]): Prisma.Sql {
  const maxOthers = 200;
  return Prisma.sql`
    update identities i set groups = (
      select coalesce(array_agg(kept.name), '{}') from (
        select given.name from unnest(${[...groups]}::text[]) given(name)
        order by (given.name = any(${[...named]}::text[])
          or exists (select 1 from group_rules r where r.provider = i.provider and r.group_name = given.name)) desc, given.name
        limit ${maxOthers}::int + (select count(*) from group_rules r where r.provider = i.provider) + ${named.length}::int
      ) kept)
    where i.id = ${identity}::uuid
    returning i.id`;
}

/**
 * Sources, to stand after `from`: the groups that a person is in, as `g (provider, name)`. Where the provider tells of groups by SCIM, those count
 * and not the ones of the last sign-in, which may be old.
 */
export function groupsOf(userId: string): Prisma.Sql {
  return Prisma.sql`(
    select i.provider, given.name from identities i cross join lateral unnest(i.groups) given(name)
    where i.user_id = ${userId}::uuid and not exists (select 1 from scim_groups known where known.provider = i.provider)
    union
    select sg.provider, sg.name from identities i
      join scim_group_members m on m.identity_id = i.id
      join scim_groups sg on sg.id = m.group_id
    where i.user_id = ${userId}::uuid
  ) g`;
}

/** Of two roles the higher one counts more. @param role a column, in SQL */
export function rankOf(role: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`case ${role} when 'owner' then 2 when 'moderator' then 1 else 0 end`;
}

export interface Grant {
  userId: string;
  roomId: string;
  role: RoomRole;
  /** True if a group brought the person in. */
  entered: boolean;
  /** The role before a group gave another; null if none did. */
  before: RoomRole | null;
}

/** Statement, or body of a CTE, that notes what a group gave. @param from sources, without the word `from` */
export function writeGrant({ userId, roomId, role, entered, before }: Grant, from: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`
    insert into group_grants (user_id, room_id, role, entered, before)
    select ${userId}::uuid, ${roomId}::uuid, ${role}::text, ${entered}::boolean, ${before}::text from ${from}
    on conflict (user_id, room_id) do update set role = excluded.role, before = coalesce(group_grants.before, excluded.before)
    returning room_id`;
}

/** Statement, or body of a CTE, that forgets what a group gave. @param from sources, without the word `from` */
export function deleteGrant({ userId, roomId }: Pick<Grant, 'userId' | 'roomId'>, from: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`
    delete from group_grants g using (select 1 from ${from} limit 1) changed
    where g.user_id = ${userId}::uuid and g.room_id = ${roomId}::uuid
    returning g.room_id`;
}

/** Body of a CTE that deletes the rules of a provider that are asked for no more. @param asked a source with `group` and `roomId` */
export function deleteOtherRules(provider: string, from: Prisma.Sql, asked: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`
    delete from group_rules r using ${from} where r.provider = ${provider}::text
      and not exists (select 1 from ${asked} where asked."group" = r.group_name and asked."roomId" = r.room_id)
    returning r.group_name`;
}

/** Body of a CTE that writes the rules of a provider that are new, or give another role. @param from sources with `group`, `roomId` and `role` */
export function upsertRules(provider: string, from: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`
    insert into group_rules (id, provider, group_name, room_id, role)
    select distinct on (asked."group", asked."roomId") gen_random_uuid(), ${provider}::text, asked."group", asked."roomId", asked.role from ${from}
    order by asked."group", asked."roomId", ${rankOf(Prisma.sql`asked.role`)} desc
    on conflict (provider, group_name, room_id) do update set role = excluded.role
    returning group_name`;
}
