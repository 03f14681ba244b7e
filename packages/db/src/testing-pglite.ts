import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import type { PGlite } from '@electric-sql/pglite';
import { migrate } from './migrate.js';
import { readMigrations } from './migration-files.js';
import { blankDatabase, Files, openPglite, pgliteHandle } from './pglite.js';
import { beyondReset, emptyTables, resetSession } from './testing-reset.js';

/**
 * Lends migrated databases in memory, each to one borrower at a time, and empties a returned database before it lends it again. A reset
 * takes milliseconds, a new database half a second of work.
 *
 * A borrower sees the database as if it was just made. The pool does not lend a database again if its borrower ran a statement that a
 * reset does not undo (a change of the schema, say), or closed it while a statement ran.
 */
export class PglitePool {
  readonly #make: () => Promise<PGlite>;
  /** `prepared`: whether the borrower before prepared statements of its own. */
  readonly #idle: { pglite: PGlite; prepared: boolean }[] = [];

  /** @param make makes a migrated database with empty tables, which belongs to the pool from then on */
  constructor(make: () => Promise<PGlite>) {
    this.#make = make;
  }

  /** Lends a database until the borrower calls `close`; from then on every call is refused, as by a PGlite that is closed. */
  async lend(): Promise<PGlite> {
    const idle = this.#idle.pop();
    if (!idle) return this.#lent(await this.#make());
    await idle.pglite.exec('rollback');
    await idle.pglite.exec(idle.prepared ? 'discard all' : resetSession);
    await idle.pglite.exec(emptyTables);
    return this.#lent(idle.pglite);
  }

  #lent(pglite: PGlite): PGlite {
    let closed = false;
    let reusable = true;
    let prepared = false;
    let running = 0;

    const inspect = (sql: string): void => {
      if (beyondReset.test(sql)) reusable = false;
      if (/\bprepare\b/i.test(sql)) prepared = true;
    };
    const run = async <T>(work: () => Promise<T>): Promise<T> => {
      if (closed) throw new Error('PGlite is closed');
      running += 1;
      try {
        return await work();
      } finally {
        running -= 1;
      }
    };
    /** Watches `query` and `exec` of the database or of a transaction on it. */
    const watched = <T extends Pick<PGlite, 'query' | 'exec'>>(target: T, others: Partial<T>): T =>
      new Proxy(target, {
        get(_, key) {
          if (key === 'query' || key === 'exec') {
            return (sql: string, ...rest: unknown[]) => {
              inspect(sql);
              return run(() => (target[key] as (...given: unknown[]) => Promise<unknown>).call(target, sql, ...rest));
            };
          }
          if (Object.hasOwn(others, key)) return others[key as keyof T];
          const value: unknown = Reflect.get(target, key, target);
          if (typeof value !== 'function') return value;
          if (key !== 'rollback') reusable = false; // it may do anything
          return value.bind(target);
        },
      });

    return watched(pglite, {
      transaction: (work) => run(() => pglite.transaction((transaction) => work(watched(transaction, {})))),
      close: async () => {
        if (closed) return;
        closed = true;
        if (reusable && running === 0) this.#idle.push({ pglite, prepared });
        else await pglite.close();
      },
    });
  }
}

/**
 * A migrated database, loaded from files: making one takes a second or two, loading one a fraction. The files are kept in the system's
 * temporary directory, named by what they depend on; several test workers at once each write their own and rename it.
 */
export async function clonedPglite(): Promise<PGlite> {
  const path = await templatePath();
  const template = await readTemplate(path);
  if (template) return openPglite({ loadDataDir: template });
  const pglite = await openPglite({ loadDataDir: await blankDatabase() });
  await migrate(pgliteHandle(pglite), { log: { info() {}, warn() {} } });
  const unfinished = `${path}.${randomUUID()}`;
  const dump = await pglite.dumpDataDir('none');
  await writeFile(unfinished, new Uint8Array(await dump.arrayBuffer()), { mode: 0o600 });
  await rename(unfinished, path);
  return pglite;
}

async function templatePath(): Promise<string> {
  const hash = createHash('sha256');
  const pglitePackage = dirname(createRequire(import.meta.url).resolve('@electric-sql/pglite'));
  hash.update(await readFile(join(pglitePackage, 'pglite.wasm')));
  for (const { name, checksum } of await readMigrations()) hash.update(name).update(checksum);
  const directory = join(tmpdir(), `parley-test-${userInfo().uid}`);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  return join(directory, `pglite-${hash.digest('hex').slice(0, 32)}.tar`);
}

async function readTemplate(path: string): Promise<Blob | null> {
  try {
    return new Files(await readFile(path));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}
