import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DbHandle } from '../handle.js';
import { migrate } from '../migrate.js';
import { createPgliteDb, makePgliteDb } from '../pglite.js';
import { createPostgresDb } from '../postgres.js';
import { createTestDatabase, createTestDb } from '../testing.js';
import { contents, structure } from './backup.contract.js';
import { moveDatabase } from './move-database.js';
import { operatorConnection } from './refuse-others.js';
import { fillOddly } from './testing-odd-rows.js';

const log = { info() {}, warn() {} };

describe('a move', () => {
  let folder: string;
  let embedded: DbHandle & AsyncDisposable;
  let database: { url: string; drop(): Promise<void> };
  let postgres: DbHandle;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'parley-move-'));
    embedded = await createTestDb('pglite');
    await fillOddly(embedded);
    // More than one portion, and more than one range to compare, by a key of text and one of several columns.
    await embedded.db.$executeRawUnsafe(
      `insert into handles (handle) select chr(97 + n % 26) || chr(300 + n % 50) || n from generate_series(1, 2500) n`,
    );
    await embedded.db.$executeRawUnsafe(`insert into usage_counters (scope, id, span, day)
      select (array['person', 'room'])[1 + n % 2], '0199e5c4-7a3b-7c11-8a55-0000000000ff', 'day', date '2020-01-01' + n from generate_series(1, 1300) n`);
    database = await createTestDatabase();
    postgres = await createPostgresDb({ url: database.url, applicationName: operatorConnection });
  });
  afterAll(async () => {
    await postgres?.close();
    await database?.drop();
    await embedded?.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** Dies at the nth time that it tells how far it is. */
  function dyingAt(n: number) {
    let calls = 0;
    return {
      at() {
        if (++calls === n) throw new Error('the machine is gone');
      },
    };
  }
  const there = { fromName: 'the old', toName: 'the new', progress: { at() {} } };

  test('to PostgreSQL goes on after each interruption, has every row once, and no server starts before it is done', async () => {
    const before = await contents(embedded);
    const move = { ...there, from: embedded, to: postgres };
    let interrupted = 0;
    for (let n = 3; ; n += 7) {
      const outcome = await moveDatabase({ ...move, progress: dyingAt(n) }).catch((error: Error) => error.message);
      if (typeof outcome === 'number') {
        expect(outcome).toBe(Object.values(before.rows).flat().length);
        break;
      }
      expect(outcome).toBe('the machine is gone');
      interrupted++;
      await expect(migrate(postgres, { log })).rejects.toThrow(
        'A move into this database is not finished: run the same “npm run move” again',
      );
      await expect(moveDatabase({ ...move, fromName: 'another' })).rejects.toThrow(
        'A move of the old into the new is not finished: finish it, or drop the new and begin anew.',
      );
    }
    expect(interrupted).toBeGreaterThan(2);
    expect(await contents(postgres)).toEqual(before);
    expect(await structure(postgres)).toEqual(await structure(embedded));
    expect(await migrate(postgres, { log })).toEqual({ applied: [] });
    await expect(moveDatabase(move)).rejects.toThrow('the new has data of Parley already. Nothing of it was changed: name an empty one.');
  });

  test('back into a data directory too, which has no database until it is done, and not under a server that runs', async () => {
    const before = await contents(postgres);
    const dataDir = join(folder, 'data');
    const into = (progress: { at(): void }) =>
      makePgliteDb(dataDir, { migrated: false, drop: false, goesOn: true, refuse: () => new Error('it is there') }, (to) =>
        moveDatabase({ ...there, progress, from: postgres, to }),
      );
    const server = await createPostgresDb({ url: database.url, applicationName: 'parley-api-1' });
    await expect(into({ at() {} })).rejects.toThrow('the old is in use by parley-api-1: stop every API and worker first.');
    await server.close();
    await expect(into(dyingAt(6))).rejects.toThrow('the machine is gone');
    await expect(createPgliteDb({ dataDir, mayMake: false })).rejects.toThrow(/^There is no database/);
    await into({ at() {} });
    expect((await readdir(dataDir)).toSorted()).toEqual(['parley.lock', 'pglite']);
    const moved = await createPgliteDb({ dataDir, mayMake: false });
    try {
      expect(await contents(moved)).toEqual(before);
      expect(await structure(moved)).toEqual(await structure(postgres));
    } finally {
      await moved.close();
    }
    await expect(into({ at() {} })).rejects.toThrow('it is there');
  });

  test('that was interrupted notices that the old database was written to meanwhile', async () => {
    await using source = await createTestDb('pglite');
    await fillOddly(source);
    const other = await createTestDatabase();
    const target = await createPostgresDb({ url: other.url, applicationName: operatorConnection });
    try {
      const move = { ...there, from: source, to: target };
      await expect(moveDatabase({ ...move, progress: dyingAt(8) })).rejects.toThrow('the machine is gone');
      await source.db.$executeRawUnsafe(`update characters set tagline = 'changed'`);
      await expect(moveDatabase(move)).rejects.toThrow(
        'the new does not have what the old has: rows 1 to 2 of characters differ. Was it written to meanwhile? Drop the new, and move again.',
      );
      await expect(migrate(target, { log })).rejects.toThrow('A move into this database is not finished');
    } finally {
      await target.close();
      await other.drop();
    }
  });
});
