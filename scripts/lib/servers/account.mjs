import { readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * The account that PostgreSQL runs as, because it refuses to run as root: `postgres` if there is such an account, else `nobody`.
 *
 * @param {string} passwd the text of /etc/passwd
 * @returns {{ name: string, uid: number, gid: number } | null}
 */
export function unprivilegedAccount(passwd) {
  const accounts = new Map(
    passwd
      .split('\n')
      .map((line) => line.split(':'))
      .filter((fields) => fields.length >= 4)
      .map((fields) => [fields[0], { name: fields[0], uid: Number(fields[2]), gid: Number(fields[3]) }]),
  );
  for (const name of ['postgres', 'nobody']) {
    const account = accounts.get(name);
    if (account && account.uid !== 0) return account;
  }
  return null;
}

/**
 * The account under which this process runs PostgreSQL.
 *
 * @returns {{ uid: number, gid: number } | null} null when this process is not root, and runs PostgreSQL under its own account
 */
export function postgresAccount() {
  if (process.getuid?.() !== 0) return null;
  const account = unprivilegedAccount(readFileSync('/etc/passwd', 'utf8'));
  if (!account) throw new Error('PostgreSQL does not run as root, and there is neither a user postgres nor nobody.');
  return { uid: account.uid, gid: account.gid };
}

/**
 * True when everybody may pass through all folders above `path`, so that another account can reach it.
 *
 * @param {string} path absolute
 */
export function isReachable(path) {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    try {
      if ((statSync(folder).mode & 0o001) === 0) return false;
    } catch (error) {
      if (error.code !== 'ENOENT') throw error;
    }
    if (folder === dirname(folder)) return true;
  }
}
