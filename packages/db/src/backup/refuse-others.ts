import type { DbHandle, DbSession } from '../handle.js';
import { BackupError } from './backup-error.js';

/** The name by which the operator's commands connect to PostgreSQL. */
export const operatorConnection = 'parley-operator';

/**
 * Refuses a PostgreSQL database that others are connected to: a server that runs would write on beside what is done. A data directory has a
 * lock for that.
 *
 * @throws BackupError that names them
 */
export async function refuseOthers(session: DbSession, { kind }: DbHandle, whose: string): Promise<void> {
  if (kind === 'pglite') return;
  const others = await session.query<{ name: string }>(
    `select distinct coalesce(nullif(application_name, ''), 'somebody')::text as name from pg_stat_activity
     where datname = current_database() and pid <> pg_backend_pid() and coalesce(backend_type, 'client backend') = 'client backend'
       and coalesce(application_name, '') <> $1
     order by 1`,
    [operatorConnection],
  );
  if (others.length === 0) return;
  const names = others.map(({ name }) => name).join(', ');
  throw new BackupError(`${whose} is in use by ${names}: stop every API and worker first. Nothing was changed.`);
}
