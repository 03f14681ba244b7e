import { maxPermissions } from '@parley/contracts';
import { Prisma } from '@parley/db';

/** The only statements that write `tool_permissions`: what people let characters do without being asked each time. */

/**
 * Body of a CTE that keeps what the actor allows always, as the CTE `answered` says: a job with `call`. Sources: `actor`.
 *
 * @param wanted false where the answer was another
 */
export function keepPermission(wanted: boolean): Prisma.Sql {
  return Prisma.sql`
    insert into tool_permissions as kept (user_id, room_id, character_id, permission, form, tool)
    select actor.id, answered.room_id, answered.character_id, answered.call -> 'wait' ->> 'permission',
      answered.call -> 'wait' ->> 'form', answered.call ->> 'tool'
    from answered cross join actor where ${wanted}
    on conflict (user_id, room_id, character_id, permission) do update set form = excluded.form, tool = excluded.tool, created_at = excluded.created_at`;
}

/** True if somebody may keep no more of them. @param user id, in SQL */
export function hasAllPermissions(user: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`((select count(*) from tool_permissions kept where kept.user_id = ${user}) >= ${maxPermissions}::int)`;
}

/** Body of a CTE that deletes permissions `p`. @param using a source, without the word `using` */
export function deletePermissions(using: Prisma.Sql, which: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`delete from tool_permissions p using ${using} where ${which}`;
}
