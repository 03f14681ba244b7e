import type { InviteView } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { toIso, type Instant } from '../protocol/instant.js';
import { userView } from '../protocol/presenters.js';
import { userJson, type UserRow } from '../protocol/room-rows.js';

export interface InviteRow {
  id: string;
  createdAt: Instant;
  expiresAt: Instant;
  uses: number;
  maxUses: number;
  rooms: { id: string; name: string }[] | null;
  madeBy: UserRow | null;
  email: string | null;
}

/**
 * Condition on `i`, a row of `invites`: it makes one more account. A process of an earlier version counts no uses, and sets `used_by` with
 * the only one that it knows of.
 */
export const inviteIsGood = Prisma.sql`(i.uses < i.max_uses and (i.used_by is null or i.uses > 0) and i.expires_at > now())`;

/** @param invite alias of `invites`; always a literal */
export function inviteJson(invite: 'i' | 'made'): Prisma.Sql {
  const i = Prisma.raw(invite);
  return Prisma.sql`json_build_object('id', ${i}.id, 'createdAt', ${i}.created_at, 'expiresAt', ${i}.expires_at, 'uses', ${i}.uses,
    'maxUses', ${i}.max_uses, 'email', ${i}.email,
    'rooms', (select json_agg(json_build_object('id', r.id, 'name', r.name) order by r.name, r.id) from rooms r where r.id = any(${i}.room_ids)),
    'madeBy', (select ${userJson('maker')} from users maker where maker.id = ${i}.made_by))`;
}

export function inviteView({ createdAt, expiresAt, rooms, madeBy, ...row }: InviteRow): InviteView {
  return { ...row, createdAt: toIso(createdAt), expiresAt: toIso(expiresAt), rooms: rooms ?? [], madeBy: madeBy && userView(madeBy) };
}
