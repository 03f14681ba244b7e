import { maxListedInvitations } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { invited } from '../access/room-invitation.js';
import type { CoreDeps } from '../deps.js';
import { listedMemberships } from '../protocol/joined-rooms.js';

/** Numbers that sum up one person's inbox. They are enough to notice that the person was not told of something, but do not say of what. */
export interface InboxMarks {
  /** How many rooms the person is in. */
  rooms: number;
  /** How many of these rooms the person muted. */
  muted: number;
  /** The person's `lastReadSeq`, summed over these rooms. */
  read: number;
  /** The person's unread mentions in these rooms. */
  mentions: number;
  /** The person's private replies that are queued or being written. */
  writing: number;
  /** The invitations to rooms that wait for the person. */
  invitations: number;
}

/** The marks of many people, from one snapshot. */
export async function loadInboxMarks({ db }: Pick<CoreDeps, 'db'>, userIds: readonly string[]): Promise<Map<string, InboxMarks>> {
  if (userIds.length === 0) return new Map();
  const rows = await db.$queryRaw<(InboxMarks & { userId: string })[]>(Prisma.sql`
    select person.id as "userId", listed.*, private.*, inviting.*
    from unnest(${[...userIds]}::uuid[]) person (id),
    lateral (
      select count(*)::int as rooms, (count(*) filter (where m.muted))::int as muted, coalesce(sum(m.last_read_seq), 0)::float8 as read,
        coalesce(sum((select count(*) from room_mentions n
          where n.user_id = m.user_id and n.room_id = m.room_id and n.seq > m.last_read_seq)), 0)::int as mentions
      from ${listedMemberships(Prisma.sql`person.id`)} m
    ) listed,
    lateral (
      select count(*)::int as writing
      from private_replies p join room_members m on m.room_id = p.room_id and m.user_id = p.user_id and m.left_rev is null
      where p.user_id = person.id and p.created_at > now() - interval '1 day' and p.dismissed_at is null
        and p.status in ('queued', 'streaming')
    ) private,
    lateral (
      select least(count(*), ${maxListedInvitations})::int as invitations from room_members m join rooms r on r.id = m.room_id
      where m.user_id = person.id and ${invited('m')} and r.archived_at is null
    ) inviting`);
  return new Map(rows.map(({ userId, ...marks }) => [userId, marks]));
}
