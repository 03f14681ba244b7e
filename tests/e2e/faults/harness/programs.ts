import { accessSync, constants, readdirSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The path of a server's program: what `variable` names, else the first of that name in PATH and `places`. @throws naming what to do */
export function findProgram(name: string, variable: string, places: string[] = []): string {
  const named = process.env[variable];
  if (named) return named;
  for (const folder of [...(process.env['PATH'] ?? '').split(delimiter), ...places]) {
    const path = join(folder, name);
    if (isExecutable(path)) return path;
  }
  throw new Error(`${name} was not found. These tests stop and start servers of their own: install it, or name it in ${variable}.`);
}

/** The folder of PostgreSQL's programs, which distributions keep out of PATH. */
export function findPostgresFolder(): string {
  const named = process.env['PG_BIN_DIR'];
  if (named) return named;
  const versions = ['/usr/lib/postgresql', '/usr/local/opt', '/opt/homebrew/opt'].flatMap((folder) =>
    entriesOf(folder).map((entry) => join(folder, entry, 'bin')),
  );
  const folder = [...(process.env['PATH'] ?? '').split(delimiter), ...versions.reverse()].find(
    (each) => isExecutable(join(each, 'postgres')) && isExecutable(join(each, 'initdb')),
  );
  if (folder) return folder;
  throw new Error(
    'PostgreSQL was not found. These tests stop and start servers of their own: install it, or name its folder of programs in PG_BIN_DIR.',
  );
}

/**
 * The account that PostgreSQL runs as, because it refuses to run as root: PG_RUN_UID and PG_RUN_GID, else `postgres` or `nobody`; null for
 * the account of this process.
 */
export function postgresAccount(): { uid: number; gid: number } | null {
  if (process.getuid?.() !== 0) return null;
  const { PG_RUN_UID: uid, PG_RUN_GID: gid } = process.env;
  if (uid) return { uid: Number(uid), gid: Number(gid ?? uid) };
  const accounts = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  for (const name of ['postgres', 'nobody']) {
    const found = accounts.find((fields) => fields[0] === name && fields[2] !== '0');
    if (found) return { uid: Number(found[2]), gid: Number(found[3]) };
  }
  throw new Error('PostgreSQL does not run as root. Name another account by its number in PG_RUN_UID and PG_RUN_GID.');
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
