import { AppError, decide, type DoorView, type GroupRuleInput, type OwnDoors } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { refusalError } from '../access/ensure-may.js';
import { auditEntries } from '../audit/audit-statements.js';
import type { CoreDeps } from '../deps.js';
import { deleteOtherRules, upsertRules } from '../doors/group-statements.js';
import { provedLately } from '../doors/identity-statements.js';
import { toIsoOrNull, type Instant } from '../protocol/instant.js';
import type { Actor } from '../sessions/actor.js';
import { loadActor } from '../sessions/load-actor.js';
import { adminAs } from './admin-guard.js';
import { applyGroups, type AdminGroups } from './apply-groups.js';

/** A provider as the operator set it up. */
export interface ConfiguredProvider {
  id: string;
  name: string;
  issuer: string;
  adminGroups: readonly string[];
  /** Whether its SCIM has a token. */
  scim: boolean;
}

/** What there is of each provider, and what its groups give. */
export async function listDoors({ db }: Pick<CoreDeps, 'db'>, configured: readonly ConfiguredProvider[]): Promise<DoorView[]> {
  const ids = configured.map(({ id }) => id);
  const rows = await db.$queryRaw<
    { id: string; people: number; users: number; groups: number; changedAt: Instant | null; rules: DoorView['rules'] }[]
  >(Prisma.sql`
    select given.id,
      (select count(*) from identities i where i.provider = given.id)::int as people,
      (select count(*) from identities i where i.provider = given.id and i.scim is not null)::int as users,
      (select count(*) from scim_groups sg where sg.provider = given.id)::int as groups,
      greatest((select max(i.scim_at) from identities i where i.provider = given.id),
        (select max(sg.changed_at) from scim_groups sg where sg.provider = given.id)) as "changedAt",
      (select coalesce(json_agg(json_build_object('group', r.group_name, 'roomId', r.room_id, 'role', r.role, 'room', rooms.name)
          order by r.group_name, rooms.name), '[]')
        from group_rules r join rooms on rooms.id = r.room_id where r.provider = given.id) as rules
    from unnest(${ids}::text[]) given(id) limit 20`);
  const known = new Map(rows.map((row) => [row.id, row]));
  return configured.map(({ id, name, issuer, adminGroups, scim }) => {
    const { people, users, groups, changedAt, rules } = known.get(id)!;
    return {
      id,
      name,
      issuer,
      adminGroups: [...adminGroups],
      people,
      scim: scim ? { users, groups, changedAt: toIsoOrNull(changedAt) } : null,
      rules,
    };
  });
}

/** How the actor proves who they are. @param configured the providers that there are */
export async function ownDoors(
  { db }: Pick<CoreDeps, 'db'>,
  actor: Actor,
  configured: readonly Pick<ConfiguredProvider, 'id' | 'name'>[],
): Promise<OwnDoors> {
  const [row] = await db.$queryRaw<
    { password: boolean; fresh: boolean; known: { id: string; email: string | null; lastSignInAt: Instant | null }[] }[]
  >(Prisma.sql`
    select u.password_hash is not null as password, ${provedLately(actor.sessionId)} as fresh,
      (select coalesce(json_agg(json_build_object('id', i.provider, 'email', i.email, 'lastSignInAt', i.last_sign_in_at)), '[]')
        from identities i where i.user_id = u.id) as known
    from users u where u.id = ${actor.userId}::uuid`);
  const { password, fresh, known } = row!;
  const providers = configured.flatMap(({ id, name }) =>
    known.filter((each) => each.id === id).map(({ email, lastSignInAt }) => ({ id, name, email, lastSignInAt: toIsoOrNull(lastSignInAt) })),
  );
  return { password, fresh, providers };
}

/** People to whom a change of rules is applied between two questions to the database. */
const peoplePerStep = 200;

/**
 * Sets which roles in rooms the groups of a provider give, and gives and takes back accordingly. A call that broke off is repeated as it was.
 *
 * @throws AppError ROOM_NOT_FOUND naming `rules`, also for a room of two; FORBIDDEN, SESSION_REVOKED, ACCOUNT_DISABLED
 */
export async function setGroupRules(
  deps: CoreDeps,
  actor: Actor,
  { provider, rules, adminGroups }: { provider: string; rules: readonly GroupRuleInput[]; adminGroups: AdminGroups },
): Promise<void> {
  const [row] = await deps.db.$queryRaw<{ allowed: boolean; missing: boolean; groups: string[] }[]>(Prisma.sql`
    with admin as (${adminAs(actor, 'doors.setRules')}),
    asked as (
      select * from jsonb_to_recordset(${JSON.stringify(rules)}::jsonb) as a ("group" text, "roomId" uuid, role text)
    ),
    missing as (select 1 from asked where not exists (select 1 from rooms r where r.id = asked."roomId" and r.visibility <> 'direct')),
    may as (select 1 as one from admin where not exists (select 1 from missing)),
    gone as (${deleteOtherRules(provider, Prisma.sql`may`, Prisma.sql`asked`)}),
    kept as (${upsertRules(provider, Prisma.sql`asked cross join may`)}),
    audited as (${auditEntries(
      {
        event: 'group.rules',
        by: actor,
        detail: Prisma.sql`jsonb_build_object('provider', ${provider}::text, 'rules', (select count(*) from asked))`,
      },
      Prisma.sql`may`,
    )})
    select exists (select 1 from admin) as allowed, exists (select 1 from missing) as missing,
      (select coalesce(json_agg(distinct name), '[]') from (select group_name as name from gone union all select group_name from kept) touched) as groups`);
  if (!row?.allowed) {
    const decision = decide('doors.setRules', { instanceRole: (await loadActor(deps, actor.userId, actor.sessionId)).role });
    throw decision.kind === 'refused' ? refusalError(decision) : new AppError('CONFLICT');
  }
  if (row.missing) throw new AppError('ROOM_NOT_FOUND', 'rules: one of the rooms is not there, or is one of two.', { field: 'rules' });
  for (let after: string | null = null; ;) {
    const people: { userId: string }[] = await deps.db.$queryRaw(Prisma.sql`
      select distinct i.user_id as "userId" from identities i
      where i.provider = ${provider}::text and (${after}::uuid is null or i.user_id > ${after}::uuid)
        and (i.groups && ${row.groups}::text[] or exists (
          select 1 from scim_group_members m join scim_groups sg on sg.id = m.group_id
          where m.identity_id = i.id and sg.name = any(${row.groups}::text[])))
      order by "userId" limit ${peoplePerStep}::int`);
    for (const { userId } of people) await applyGroups(deps, userId, adminGroups, provider);
    after = people.at(-1)?.userId ?? null;
    if (after === null) return;
  }
}
