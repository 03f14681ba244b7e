import { AppError, maxListedInvites, type InvitationView, type InviteView } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import { hashSecretToken } from '../sessions/secret-token.js';
import { inviteIsGood, inviteJson, inviteView, type InviteRow } from './invite-rows.js';
import { hashSetUpCode } from './set-up-code.js';

/** The invitations that are good, the newest first. A set-up code is none: it has no list of rooms. */
export async function listInvites({ db }: Pick<CoreDeps, 'db'>): Promise<InviteView[]> {
  const rows = await db.$queryRaw<{ invite: InviteRow }[]>(Prisma.sql`
    select ${inviteJson('i')} as invite from invites i where ${inviteIsGood} and i.room_ids is not null
    order by i.created_at desc, i.id limit ${maxListedInvites}::int`);
  return rows.map(({ invite }) => inviteView(invite));
}

/** What an invitation leads to, for whoever has its code. @throws AppError LINK_OVER for one that makes no account any more */
export async function readInvite({ db }: Pick<CoreDeps, 'db'>, code: string): Promise<InvitationView> {
  const [row] = await db.$queryRaw<{ invite: InviteRow }[]>(Prisma.sql`
    select ${inviteJson('i')} as invite from invites i
    where i.hash in (decode(${hashSecretToken(code)}, 'hex'), decode(${hashSetUpCode(code)}, 'hex')) and ${inviteIsGood}`);
  if (!row) throw new AppError('LINK_OVER', 'This invitation is used up or has run out. Ask for a new one.');
  const { madeBy, rooms } = inviteView(row.invite);
  return { madeBy, rooms: rooms.map(({ name }) => name) };
}
