import { createTestDb, type TestDb } from '@parley/db/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lobbyId } from '../rooms/lobby.js';
import { assistantId } from './assistant.js';
import { seedInstance } from './seed-instance.js';

export function seedInstanceSuite(kind: 'pglite' | 'postgres'): void {
  describe(`seedInstance (${kind})`, () => {
    let database: TestDb;
    beforeAll(async () => {
      database = await createTestDb(kind);
    });
    afterAll(() => database.close());

    const everything = () => database.db.$queryRaw<unknown[]>`
      select r.id, r.name, r.topic, r.visibility, r.member_count, r.rev, c.last_seq, c.last_rev, c.members_rev,
        rc.character_id, rc.rev as entry_rev, ch.handle, ch.is_assistant, ch.avatar
      from rooms r join room_counters c on c.room_id = r.id join room_characters rc on rc.room_id = r.id
        join characters ch on ch.id = rc.character_id`;

    it('makes Ada and the Lobby once, however many processes start at once, and again later', async () => {
      await Promise.all(Array.from({ length: 8 }, () => seedInstance(database)));
      const made = await everything();
      expect(made).toEqual([
        {
          id: lobbyId,
          name: 'Lobby',
          topic: 'Where everyone starts. Try /summary, or ask @ada.',
          visibility: 'public',
          member_count: 0,
          rev: 1,
          last_seq: 0,
          last_rev: 2,
          members_rev: 2,
          character_id: assistantId,
          entry_rev: 2,
          handle: 'ada',
          is_assistant: true,
          avatar: { hue: 178, glyph: 'sparkle' },
        },
      ]);
      await seedInstance(database);
      expect(await everything()).toEqual(made);
    });

    it('makes the others it begins with, gives an older instance what it lacks, and brings back nothing that was deleted', async () => {
      const { db } = database;
      const handles = async () =>
        (await db.$queryRaw<{ handle: string }[]>`select handle from characters where deleted_at is null order by handle`).map(
          (row) => row.handle,
        );
      expect(await handles()).toEqual(['ada', 'lin', 'socrates']);
      await db.$executeRaw`delete from characters where handle = 'lin'`;
      await db.$executeRaw`delete from handles where handle = 'lin'`;
      await db.$executeRaw`update characters set deleted_at = now() where handle = 'socrates'`;
      await seedInstance(database);
      expect(await handles()).toEqual(['ada', 'lin']);
    });

    it('leaves out a character whose handle a person holds, unless it is Ada', async () => {
      await database.db.$executeRaw`truncate characters, rooms, handles cascade`;
      await database.db.$executeRaw`insert into handles (handle) values ('lin')`;
      await seedInstance(database);
      const rows = await database.db.$queryRaw<{ handle: string }[]>`select handle from characters order by handle`;
      expect(rows.map(({ handle }) => handle)).toEqual(['ada', 'socrates']);
    });

    it('says so when a person holds Ada’s handle', async () => {
      await database.db.$executeRaw`truncate characters, rooms, handles cascade`;
      await database.db.$executeRaw`insert into handles (handle) values ('ada')`;
      await expect(seedInstance(database)).rejects.toThrow('belongs to a person');
    });
  });
}
