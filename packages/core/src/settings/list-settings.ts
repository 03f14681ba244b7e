import { instanceSettings, settingNames, settingSecretSet, type InstanceSetting, type SettingView } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import { toIsoOrNull, type Instant } from '../protocol/instant.js';
import type { LiveSettings } from './live-settings.js';

/** All settings as they are in force in this process, in the order of their table. Of a secret they say only that it is set. */
export async function listSettings({ db, settings }: Pick<CoreDeps, 'db'> & { settings: LiveSettings }): Promise<SettingView[]> {
  await settings.refresh();
  const rows = await db.$queryRaw<{ name: string; changedAt: Instant; changedBy: string | null }[]>(Prisma.sql`
    select s.name, s.changed_at as "changedAt", u.username as "changedBy" from instance_settings s left join users u on u.id = s.changed_by
    limit 1000`);
  const changes = new Map(rows.map((row) => [row.name, row]));
  return settingNames.map((name) => {
    const { variable = null, form } = instanceSettings[name] as InstanceSetting;
    const value = settings.get(name);
    const change = settings.isSet(name) ? changes.get(name) : undefined;
    return {
      name,
      value: form.kind === 'secret' && value !== '' ? settingSecretSet : value,
      from: settings.isFixed(name) ? 'variable' : settings.isSet(name) ? 'setting' : 'default',
      variable,
      changedAt: toIsoOrNull(change?.changedAt ?? null),
      changedBy: change?.changedBy ?? null,
    };
  });
}
