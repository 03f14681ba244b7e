import { AppError, channels, instanceSettings, type InstanceSetting, type SettingName } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { maySql } from '../access/decision-sql.js';
import { auditEntries } from '../audit/audit-statements.js';
import type { CoreDeps } from '../deps.js';
import { activeActor } from '../sessions/active-actor.js';
import type { Actor } from '../sessions/actor.js';
import { refuseInactive } from '../sessions/load-actor.js';
import type { LiveSettings } from './live-settings.js';

/**
 * Sets a setting of the server. In this process it is in force when the call returns, in the others as soon as the bus tells them, or within
 * seconds.
 *
 * @param input.value null for the default
 * @throws AppError VALIDATION naming `value`; CONFLICT for one that a variable fixes; FORBIDDEN, SESSION_REVOKED, ACCOUNT_DISABLED
 */
export async function setSetting(
  deps: CoreDeps & { settings: LiveSettings },
  actor: Actor,
  { name, value }: { name: SettingName; value: unknown },
): Promise<void> {
  const { db, bus, log, settings } = deps;
  const { schema, variable, form } = instanceSettings[name] as InstanceSetting;
  if (settings.isFixed(name))
    throw new AppError('CONFLICT', `The variable ${variable} fixes this. Take it out of the server’s environment to set it here.`, {
      field: 'name',
    });
  const parsed = value === null ? null : schema.safeParse(value);
  if (parsed && !parsed.success) {
    const [issue] = parsed.error.issues;
    throw new AppError('VALIDATION', `value: ${issue?.message ?? 'is not what this setting takes'}.`, { field: 'value' });
  }
  const stored = parsed ? JSON.stringify(parsed.data) : null;
  const told = form.kind === 'secret' ? null : stored;
  const [row] = await db.$queryRaw<{ active: boolean; may: boolean }[]>(Prisma.sql`
    with actor as (${activeActor(actor)}),
    admin as (select actor.id from actor join users u on u.id = actor.id where ${maySql('settings.set', Prisma.sql`u.is_admin`)}),
    -- Of two admins who set one at the same moment, the later waits, so that the log has the order of what is in force.
    set as (
      insert into instance_settings (name, value, changed_by)
      select ${name}::text, ${stored}::jsonb, admin.id from admin where ${stored}::jsonb is not null
      on conflict (name) do update set value = excluded.value, changed_at = now(), changed_by = excluded.changed_by
      returning name
    ),
    unset as (delete from instance_settings s using admin where s.name = ${name}::text and ${stored}::jsonb is null returning s.name),
    audited as (${auditEntries(
      {
        event: 'setting.changed',
        by: actor,
        subject: { kind: 'setting', id: name },
        detail: Prisma.sql`jsonb_build_object('value', case when length(${told}::text) <= 500 then ${told}::jsonb end, 'default', ${stored}::text is null)`,
      },
      Prisma.sql`admin`,
    )})
    select exists (select 1 from actor) as active, exists (select 1 from admin) as may`);
  if (!row!.active) await refuseInactive(deps, actor);
  if (!row!.may) throw new AppError('FORBIDDEN', 'Only an admin of this server can do that.');
  await settings.refresh();
  try {
    bus.publish(channels.instanceSettings, { name });
  } catch (error) {
    log.error({ err: error, name }, 'could not tell other processes of a setting; they read it within seconds');
  }
}
