import { AppError, type MadeInvite } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { RoomAccess } from '../access/room-access.js';
import { auditEntries } from '../audit/audit-statements.js';
import type { CoreDeps } from '../deps.js';
import { noteSecurity } from '../security-log.js';
import type { Actor } from '../sessions/actor.js';
import { refuseInactive } from '../sessions/load-actor.js';
import { newSecretToken } from '../sessions/secret-token.js';
import { adminAs, ensureAdmin } from './admin-guard.js';
import { inviteJson, inviteView, type InviteRow } from './invite-rows.js';

export interface NewInvite {
  /** How long it is good for. @default 7 */
  days?: number;
  /** How many accounts it may make. @default 1 */
  uses?: number;
  /** Rooms that whoever uses it enters. @default none but the Lobby */
  rooms?: readonly string[];
}

/**
 * Makes an invitation for one registration, as the operator.
 *
 * @returns the code, which is kept nowhere else
 */
export async function createInvite(deps: Pick<CoreDeps, 'db' | 'log'>, options: NewInvite = {}): Promise<string> {
  const made = await writeInvite(deps, null, options);
  return made!.code;
}

/**
 * Makes an invitation, as an admin, who may add people to each of its rooms.
 *
 * @returns the invitation with its code, which is kept nowhere else
 * @throws AppError FORBIDDEN; ROOM_NOT_FOUND, ROOM_ARCHIVED and the like for a room that the admin may add nobody to; SESSION_REVOKED, ACCOUNT_DISABLED
 */
export async function inviteToServer(deps: CoreDeps & { rooms: RoomAccess }, by: Actor, options: NewInvite): Promise<MadeInvite> {
  for (const roomId of options.rooms ?? []) {
    await deps.rooms.run(by, roomId, 'rooms.addMember', async ({ visibility }) => {
      if (visibility === 'direct') throw new AppError('FORBIDDEN', 'A direct room keeps its two. Choose another room.', { field: 'rooms' });
    });
  }
  const made = await writeInvite(deps, by, options);
  if (made) return made;
  await ensureAdmin(deps, by, 'invites.create');
  return await refuseInactive(deps, by);
}

async function writeInvite(
  deps: Pick<CoreDeps, 'db' | 'log'>,
  by: Actor | null,
  { days = 7, uses = 1, rooms = [] }: NewInvite,
): Promise<MadeInvite | null> {
  const { token, hashHex } = newSecretToken();
  const [row] = await deps.db.$queryRaw<{ invite: InviteRow }[]>(Prisma.sql`
    with admin as (${adminAs(by, 'invites.create')}),
    made as (
      insert into invites (hash, expires_at, max_uses, room_ids, made_by)
      select decode(${hashHex}, 'hex'), now() + ${days}::int * interval '1 day', ${uses}::int, ${[...rooms]}::uuid[], ${by?.userId ?? null}::uuid
      from admin returning *
    ),
    audited as (${auditEntries(
      {
        event: 'invitation.made',
        by: by ?? 'operator',
        subject: { kind: 'invitation', id: Prisma.sql`made.id` },
        detail: { days, uses, rooms },
      },
      Prisma.sql`made`,
    )})
    select ${inviteJson('made')} as invite from made`);
  if (!row) return null;
  noteSecurity(deps.log, 'invitation made', { userId: by?.userId });
  return { ...inviteView(row.invite), code: token };
}
