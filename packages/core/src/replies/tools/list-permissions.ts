import { AppError, maxPermissions, type ToolPermission } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { CoreDeps } from '../../deps.js';
import { deletePermissions } from '../../jobs/permission-statements.js';
import { toIso, type Instant } from '../../protocol/instant.js';
import { activeActor } from '../../sessions/active-actor.js';
import type { Actor } from '../../sessions/actor.js';

/** What the actor lets characters do without being asked each time, by room and character. */
export async function listPermissions({ db }: Pick<CoreDeps, 'db'>, actor: Pick<Actor, 'userId'>): Promise<ToolPermission[]> {
  const rows = await db.$queryRaw<(Omit<ToolPermission, 'since'> & { since: Instant })[]>(Prisma.sql`
    select p.id, json_build_object('id', r.id, 'name', r.name) as room, json_build_object('id', ch.id, 'name', ch.name) as character,
      p.permission, p.tool, p.created_at as since
    from tool_permissions p join rooms r on r.id = p.room_id join characters ch on ch.id = p.character_id
    where p.user_id = ${actor.userId}::uuid
    order by r.name, r.id, ch.name, ch.id, p.permission limit ${maxPermissions}::int`);
  return rows.map(({ since, ...permission }) => ({ ...permission, since: toIso(since) }));
}

/** Has the actor asked again before a character uses a tool in a room. Where they had not allowed it, nothing changes. */
export async function forbidTool({ db }: Pick<CoreDeps, 'db'>, actor: Actor, { id }: { id: string }): Promise<void> {
  const [row] = await db.$queryRaw<{ acts: boolean }[]>(Prisma.sql`
    with actor as (${activeActor(actor)}),
    gone as (${deletePermissions(Prisma.sql`actor`, Prisma.sql`p.id = ${id}::uuid and p.user_id = actor.id`)})
    select exists (select 1 from actor) as acts`);
  if (!row?.acts) throw new AppError('SESSION_REVOKED');
}
