import type { RoomRole } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { auditEntries, type AuditEntry } from '../audit/audit-statements.js';
import type { CoreDeps } from '../deps.js';
import { deleteGrant, groupsOf, rankOf, writeGrant, type Grant } from '../doors/group-statements.js';
import { setGaveAdmin } from '../doors/identity-statements.js';
import { enterByGroup, leaveByGroup, setRoleByGroup } from '../members/by-group.js';
import { publishToUser } from '../protocol/publish-to-user.js';
import { noteSecurity } from '../security-log.js';
import { accountOpen } from '../sessions/standing-session.js';

/** The groups whose people are admins, by provider. */
export type AdminGroups = Readonly<Record<string, readonly string[]>>;

interface Standing {
  roomId: string;
  /** The role that groups give now; null if none gives any. */
  wanted: RoomRole | null;
  /** What groups gave before; null if nothing. */
  granted: { role: RoomRole; entered: boolean; before: RoomRole | null } | null;
  /** The role that the person has; null for nobody of the room. */
  has: RoomRole | null;
}

/**
 * Gives a person what their groups give, in rooms and in the instance, and takes back what groups gave that they are in no more: never what
 * somebody gave by hand. Each step is one statement that finds out by itself whether it is still to be done, so that a call that broke off
 * can be repeated, and two at once do no harm.
 *
 * - A group brings a person into a room once. Whoever leaves it by themselves is not brought back while they stay in the group.
 * - A member whose role is lower is given the group's; a member whose role is higher keeps it.
 * - With the group a person loses the room if a group brought them in and nobody gave them another role since; else the role that they had
 * before comes back.
 *
 * @param by the provider that said something of the person, for the audit log
 */
export async function applyGroups(deps: CoreDeps, userId: string, adminGroups: AdminGroups, by: string): Promise<void> {
  await applyAdmin(deps, userId, adminGroups, by);
  for (const standing of await load(deps, userId)) await apply(deps, userId, standing, by);
}

async function load({ db }: Pick<CoreDeps, 'db'>, userId: string): Promise<Standing[]> {
  return await db.$queryRaw<Standing[]>(Prisma.sql`
    with wanted as (
      select distinct on (r.room_id) r.room_id, r.role
      from ${groupsOf(userId)} join group_rules r on r.provider = g.provider and r.group_name = g.name
      order by r.room_id, ${rankOf(Prisma.sql`r.role`)} desc
    ),
    granted as (select gg.room_id, gg.role, gg.entered, gg.before from group_grants gg where gg.user_id = ${userId}::uuid)
    select coalesce(wanted.room_id, granted.room_id) as "roomId", wanted.role as wanted, m.role as has,
      case when granted.role is not null
        then json_build_object('role', granted.role, 'entered', granted.entered, 'before', granted.before) end as granted
    from wanted full join granted on granted.room_id = wanted.room_id
      left join room_members m on m.room_id = coalesce(wanted.room_id, granted.room_id) and m.user_id = ${userId}::uuid and m.left_rev is null
    where wanted.role is distinct from granted.role
    order by "roomId"`);
}

async function apply(deps: CoreDeps, userId: string, standing: Standing, by: string): Promise<void> {
  const { wanted, roomId } = standing;
  const audited = (event: AuditEntry['event'], from: Prisma.Sql, detail: Record<string, unknown>) => Prisma.sql`
    audited as (${auditEntries({ event, by: { provider: by }, subject: { kind: 'account', id: userId, name: nameOf(userId) }, roomId, detail }, from)})`;
  if (wanted === null) await takeBack(deps, userId, standing, audited);
  else await give(deps, userId, wanted, standing, audited);
}

/** CTE that notes in the audit log what the statement did, for each row of `from`. */
type Audited = (event: AuditEntry['event'], from: Prisma.Sql, detail: Record<string, unknown>) => Prisma.Sql;

function nameOf(userId: string): Prisma.Sql {
  return Prisma.sql`(select named.username from users named where named.id = ${userId}::uuid)`;
}

const once = Prisma.sql`(select 1) once`;

async function give(deps: CoreDeps, userId: string, role: RoomRole, { roomId, granted, has }: Standing, audited: Audited): Promise<void> {
  const grant: Grant = { userId, roomId, role, entered: granted?.entered ?? false, before: granted?.before ?? null };
  if (has === null && !granted) {
    const also = (from: Prisma.Sql) => Prisma.sql`
      granted as (${writeGrant({ ...grant, entered: true }, from)}), ${audited('role.given', from, { role, group: true })}`;
    await enterByGroup(deps, { userId, roomId, role, also });
    return;
  }
  // One who left, or whose role somebody chose since, or who has more already: noted, so that it is known what to take back.
  const mayChange = has !== null && has !== role && (granted ? has === granted.role : ranks[has] < ranks[role]);
  if (!mayChange) {
    await deps.db.$executeRaw(writeGrant(grant, once));
    return;
  }
  const before = granted?.entered ? null : (granted?.before ?? has);
  const to = before !== null && ranks[before] > ranks[role] ? before : role;
  const also = (from: Prisma.Sql) => Prisma.sql`
    granted as (${writeGrant({ ...grant, before }, from)}), ${audited('role.given', from, { role: to, before: has, group: true })}`;
  await setRoleByGroup(deps, { userId, roomId, from: has, to, also });
}

async function takeBack(deps: CoreDeps, userId: string, { roomId, granted, has }: Standing, audited: Audited): Promise<void> {
  if (!granted) return;
  const also = (event: AuditEntry['event'], detail: Record<string, unknown>) => (from: Prisma.Sql) =>
    Prisma.sql`
    ungranted as (${deleteGrant({ userId, roomId }, from)}), ${audited(event, from, { ...detail, group: true })}`;
  const untouched = has === granted.role;
  const done =
    untouched && granted.entered
      ? await leaveByGroup(deps, { userId, roomId, role: granted.role, also: also('member.removed', { role: granted.role }) })
      : untouched &&
        granted.before !== null &&
        (await setRoleByGroup(deps, {
          userId,
          roomId,
          from: has,
          to: granted.before,
          also: also('role.given', { role: granted.before, before: has }),
        }));
  if (!done) await deps.db.$executeRaw(deleteGrant({ userId, roomId }, once));
}

const ranks: Record<RoomRole, number> = { member: 0, moderator: 1, owner: 2 };

async function applyAdmin(deps: CoreDeps, userId: string, adminGroups: AdminGroups, by: string): Promise<void> {
  const named = Object.entries(adminGroups).flatMap(([provider, groups]) => groups.map((name) => ({ provider, name })));
  const [row] = await deps.db.$queryRaw<{ username: string; isAdmin: boolean }[]>(Prisma.sql`
    with named as (select * from jsonb_to_recordset(${JSON.stringify(named)}::jsonb) as r (provider text, name text)),
    wanted as (select exists (select 1 from ${groupsOf(userId)} join named using (provider, name)) as admin),
    before as (
      select u.id, u.username, u.is_admin, exists (select 1 from identities i where i.user_id = u.id and i.gave_admin) as given
      from users u where u.id = ${userId}::uuid for no key update of u
    ),
    -- Whom somebody made an admin by hand stays one; whoever is none, and is in such a group, becomes one.
    changed as (
      update users u set is_admin = wanted.admin from before cross join wanted
      where u.id = before.id and u.is_admin <> wanted.admin and (wanted.admin and ${accountOpen} or not wanted.admin and before.given)
      returning u.id, u.username, u.is_admin
    ),
    audited as (${auditEntries(
      {
        event: 'admin.made',
        by: { provider: by },
        subject: { kind: 'account', id: userId, name: Prisma.sql`changed.username` },
        detail: { group: true },
      },
      Prisma.sql`changed where changed.is_admin`,
    )}),
    unmade as (${auditEntries(
      {
        event: 'admin.unmade',
        by: { provider: by },
        subject: { kind: 'account', id: userId, name: Prisma.sql`changed.username` },
        detail: { group: true },
      },
      Prisma.sql`changed where not changed.is_admin`,
    )}),
    noted as (${setGaveAdmin(Prisma.sql`changed`, Prisma.sql`changed.id`, Prisma.sql`changed.is_admin`)})
    select changed.username, changed.is_admin as "isAdmin" from changed`);
  if (!row) return;
  noteSecurity(deps.log, row.isAdmin ? 'admin made' : 'admin unmade', { username: row.username });
  publishToUser(deps, userId, { type: 'role' });
}
