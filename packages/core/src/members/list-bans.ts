import { maxListedBans, type RoomBan } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { AuthorizedRoom } from '../access/authorized-room.js';
import { ensureMay } from '../access/ensure-may.js';
import { banned } from '../access/room-invitation.js';
import type { CoreDeps } from '../deps.js';
import { toIso, type Instant } from '../protocol/instant.js';
import { userView } from '../protocol/presenters.js';
import { userJson, type UserRow } from '../protocol/room-rows.js';

/** Who is banned from the room, the latest first. @throws AppError FORBIDDEN for a direct room */
export async function listBans({ db }: Pick<CoreDeps, 'db'>, room: AuthorizedRoom): Promise<RoomBan[]> {
  ensureMay(room);
  const rows = await db.$queryRaw<{ user: UserRow; bannedBy: UserRow | null; bannedAt: Instant }[]>(Prisma.sql`
    select ${userJson('u')} as user, case when host.id is not null then ${userJson('host')} end as "bannedBy", m.banned_at as "bannedAt"
    from room_members m join users u on u.id = m.user_id left join users host on host.id = m.banned_by
    where m.room_id = ${room.roomId}::uuid and ${banned('m')}
    order by m.banned_at desc, m.user_id limit ${maxListedBans}::int`);
  return rows.map(({ user, bannedBy, bannedAt }) => ({
    user: userView(user),
    bannedBy: bannedBy && userView(bannedBy),
    bannedAt: toIso(bannedAt),
  }));
}
