import { createHash } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

/** A folder of prisma/migrations. */
export interface MigrationFile {
  /** `<time>_<name>`: migrations run in the order of their names. */
  name: string;
  sql: string;
  /** Hex SHA-256 of the file, as Prisma records it. */
  checksum: string;
  /** The checksum of the file with the other line ends (LF or CRLF); Prisma accepts both. */
  checksumOtherLineEnds: string;
}

/**
 * The package's own migrations, in order. Their path is named from the root, which is three folders up from here, from what tsc makes of
 * this file, and from every app's bundle.
 */
export async function readMigrations(
  directory: string = fileURLToPath(new URL('../../../packages/db/prisma/migrations', import.meta.url)),
): Promise<MigrationFile[]> {
  const entries = await readdir(directory, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory() && /^\d+_\w+$/.test(entry.name)).map((entry) => entry.name);
  return Promise.all(
    names.toSorted().map(async (name) => {
      const sql = await readFile(`${directory}/${name}/migration.sql`, 'utf8');
      const other = sql.includes('\r\n') ? sql.replaceAll('\r\n', '\n') : sql.replaceAll('\n', '\r\n');
      return { name, sql, checksum: sha256(sql), checksumOtherLineEnds: sha256(other) };
    }),
  );
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
