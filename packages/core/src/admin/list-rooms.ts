import type { AdminRoom } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import { toIso, toIsoOrNull, type Instant } from '../protocol/instant.js';

type RoomRow = Omit<AdminRoom, 'archivedAt' | 'createdAt' | 'lastMessageAt'> & {
  archivedAt: Instant | null;
  createdAt: Instant;
  lastMessageAt: Instant | null;
  nameKey: string;
};

export interface ListRoomsInput {
  query: string;
  show: 'all' | 'public' | 'private' | 'archived' | 'orphans';
  sort: 'name' | 'size';
  after?: string | undefined;
  limit: number;
}

const shown: Record<ListRoomsInput['show'], Prisma.Sql> = {
  all: Prisma.sql`true`,
  public: Prisma.sql`r.visibility = 'public'`,
  private: Prisma.sql`r.visibility = 'private'`,
  archived: Prisma.sql`r.archived_at is not null`,
  orphans: Prisma.sql`not exists (select 1 from room_members o where o.room_id = r.id and o.role = 'owner' and o.left_rev is null)`,
};

/**
 * All rooms but those of two, by name or the largest first: what an admin must know of them, and nothing of what is said there.
 *
 * @param input.after the `next` of the page before
 */
export async function listRooms(
  { db }: Pick<CoreDeps, 'db'>,
  { query, show, sort, after, limit }: ListRoomsInput,
): Promise<{ items: AdminRoom[]; next: string | null }> {
  const pattern = `%${query.toLowerCase().replace(/[\\%_]/g, String.raw`\$&`)}%`;
  const [key = '', id = ''] = after === undefined ? [] : splitCursor(after);
  const beyond =
    after === undefined
      ? Prisma.sql`true`
      : sort === 'name'
        ? Prisma.sql`(lower(r.name), r.id) > (${key}::text, ${id}::uuid)`
        : Prisma.sql`(-r.member_count, r.id) > (${-(Number.parseInt(key, 10) || 0)}::int, ${id}::uuid)`;
  const order = sort === 'name' ? Prisma.sql`lower(r.name), r.id` : Prisma.sql`-r.member_count, r.id`;
  const rows = await db.$queryRaw<RoomRow[]>(Prisma.sql`
    select r.id, r.name, lower(r.name) as "nameKey", r.visibility, r.member_count as members, c.last_seq as messages, r.archived_at as "archivedAt",
      r.created_at as "createdAt",
      (select m.created_at from messages m where m.room_id = r.id and m.seq = c.last_seq) as "lastMessageAt",
      (select coalesce(json_agg(o.username), '[]') from (
        select u.username from room_members o join users u on u.id = o.user_id
        where o.room_id = r.id and o.role = 'owner' and o.left_rev is null order by o.joined_at, u.username limit 5
      ) o) as owners
    from rooms r join room_counters c on c.room_id = r.id
    where r.visibility <> 'direct' and ${shown[show]} and lower(r.name) like ${pattern} and ${beyond}
    order by ${order} limit ${limit + 1}::int`);
  const last = rows[limit - 1];
  return {
    items: rows.slice(0, limit).map(({ id, name, visibility, members, messages, owners, archivedAt, createdAt, lastMessageAt }) => ({
      id,
      name,
      visibility,
      members,
      messages,
      owners,
      archivedAt: toIsoOrNull(archivedAt),
      createdAt: toIso(createdAt),
      lastMessageAt: toIsoOrNull(lastMessageAt),
    })),
    next: rows.length > limit && last ? `${last.id} ${sort === 'name' ? last.nameKey : last.members}` : null,
  };
}

/** @returns the key that rows are sorted by, and the id; nothing that could be the id of a cursor: the first page again */
function splitCursor(after: string): [string, string] {
  const [id = '', ...key] = after.split(' ');
  return /^[\da-f-]{36}$/.test(id) ? [key.join(' '), id] : ['', '00000000-0000-0000-0000-000000000000'];
}
