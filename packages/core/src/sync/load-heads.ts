import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';

/** Where a room stands: the last message and the last change of anything in it. */
export interface RoomHead {
  rev: number;
  seq: number;
}

/** Reads the heads of many rooms in one statement, for the comparison that repairs what the bus lost. Unknown rooms are absent. */
export async function loadHeads({ db }: Pick<CoreDeps, 'db'>, roomIds: readonly string[]): Promise<Map<string, RoomHead>> {
  if (roomIds.length === 0) return new Map();
  const rows = await db.$queryRaw<{ room_id: string; last_seq: number; last_rev: number }[]>(
    Prisma.sql`select room_id, last_seq, last_rev from room_counters where room_id = any(${[...roomIds]}::uuid[])`,
  );
  return new Map(rows.map((row) => [row.room_id, { rev: row.last_rev, seq: row.last_seq }]));
}
