import type { DbHandle } from '@parley/db';
import { until } from './settle.js';

/** A room in which nobody can write just now. */
export interface HeldRoom {
  /** Resolves once that many statements wait for a lock. */
  waiting(count: number): Promise<void>;
  /** Lets those who wait go on. */
  release(): Promise<void>;
}

/** Holds the counter of a room, as a write that does not end would, while `work` goes on; lets it go when `work` ends or fails. */
export async function holdRoom<T>(database: DbHandle, roomId: string, work: (room: HeldRoom) => Promise<T>): Promise<T> {
  return await database.withSession(async (session) => {
    await session.exec('begin');
    await session.query('select 1 from room_counters where room_id = $1::uuid for update', [roomId]);
    return await work({
      waiting: (count) =>
        until(`${count} statements wait for a lock`, async () => {
          const [row] = await database.db.$queryRawUnsafe<{ waiting: number }[]>(
            `select count(*)::int as waiting from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
          );
          return row!.waiting >= count;
        }),
      release: () => session.exec('commit'),
    });
  });
}
