import { randomBytes } from 'node:crypto';
import { AppError } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { auditEntries, forgetAuditNames, type AuditActor } from '../audit/audit-statements.js';
import { deletePasskeys } from '../credentials/passkeys.js';
import { deleteSecondStep } from '../credentials/second-step.js';
import { deleteLinks } from '../credentials/sign-in-links.js';
import type { CoreDeps } from '../deps.js';
import { noteSecurity } from '../security-log.js';
import type { Actor } from '../sessions/actor.js';
import { privateReplyKinds } from '../jobs/agent-kinds.js';
import { endJobs } from '../jobs/job-statements.js';
import { deletePermissions } from '../jobs/permission-statements.js';
import { forgetUsage } from '../jobs/usage-of-account.js';
import { deletePrivateReplies } from '../protocol/private-reply-statements.js';
import { deletePrivateReceipts } from '../protocol/receipt-statements.js';
import { publishSessionEnded } from '../sessions/publish-session-ended.js';
import { accountOpen, endSessions, standingSessions } from '../sessions/standing-session.js';
import { deleteChatSessions } from '../rooms/chat-session-statements.js';
import { deleteWebhooksOf } from '../webhooks/lanes.js';
import { archiveRoom } from '../rooms/archive-room.js';
import { forgetAuthor } from './forget-author.js';
import { leaveForGood } from '../members/leave-room.js';
import { changeCharacters } from '../protocol/character-statements.js';
import { changeOwn, uninvited } from '../protocol/member-statements.js';
import { deleteMentions } from '../protocol/mention-statements.js';
import { nobodysAvatar } from '../protocol/nobodys-avatar.js';
import { deleteBotCommands } from './bot-commands.js';
import { claimHandle } from './claim-handle.js';
import { deleteGrants, deleteIdentities } from '../doors/identity-statements.js';
import type { RoomAccess } from '../access/room-access.js';
import { setRole } from '../members/set-role.js';
import { removalClosed } from './removals.js';
import { writeProfile } from './update-profile.js';

/** The name of a removed account, shown at everything it said. */
const removedName = 'Removed account';

/** How often, at most, leaving the rooms begins again because the person joined one meanwhile, in another tab. */
const maxRounds = 5;

/**
 * Ends an account for good, for whoever may; see docs/decisions/0008-removing-an-account.md. The steps have an order that lets a call which
 * broke off be repeated:
 *
 * - Its name, handle and looks go.
 * - It leaves its rooms. A room that it alone owned passes to the moderator, else the member, who joined first; a room in which it is
 * alone is archived.
 * - Its messages lose its name and stay.
 * - Its password, sessions and private answers go, and what it used of the AI is nobody's. Its handle stays taken.
 *
 * @param passwordHash of the account; null for one without a password
 * @param owner who ends it, if it is a bot. @default whose account it is
 * @param by the admin who has it ended. @default whose account it is
 * @throws AppError SESSION_REVOKED, ACCOUNT_DISABLED; CONFLICT; UNAVAILABLE
 */
export async function endAccount(
  deps: CoreDeps & { rooms: RoomAccess },
  actor: Actor,
  passwordHash: string | null,
  owner: Actor | null = null,
  by: AuditActor | null = null,
): Promise<void> {
  await dropName(deps, actor);
  for (let round = 0; round < maxRounds; round++) {
    for (const room of await roomsOf(deps, actor)) await leave(deps, actor, room);
    await forgetAuthor(deps, actor, removedName);
    if (await close(deps, actor, passwordHash, owner, by)) {
      noteSecurity(deps.log, 'account removed', { userId: actor.userId, username: actor.username });
      publishSessionEnded(deps, actor.userId, null);
      return;
    }
  }
  throw new AppError('CONFLICT', 'Your account is in use elsewhere. Close your other tabs and try again.');
}

async function dropName(deps: CoreDeps, actor: Actor): Promise<void> {
  const username = `removed-${randomBytes(10).toString('hex')}`;
  await deps.db.$executeRaw(claimHandle(username, Prisma.sql`(select 1) once`));
  await writeProfile(deps, actor, { displayName: removedName, username, avatar: nobodysAvatar });
}

interface OwnRoom {
  roomId: string;
  /** True if no other member owns the room. */
  soleOwner: boolean;
  archived: boolean;
  direct: boolean;
  /** The next owner; null if there is no other member. */
  heir: string | null;
}

async function roomsOf(deps: Pick<CoreDeps, 'db'>, actor: Actor): Promise<OwnRoom[]> {
  return await deps.db.$queryRaw<OwnRoom[]>(Prisma.sql`
    select m.room_id as "roomId", r.archived_at is not null as archived, r.visibility = 'direct' as direct,
      m.role = 'owner' and not exists (
        select 1 from room_members o where o.room_id = m.room_id and o.user_id <> m.user_id and o.role = 'owner' and o.left_rev is null
      ) as "soleOwner",
      (select u.username from room_members o join users u on u.id = o.user_id
        where o.room_id = m.room_id and o.user_id <> m.user_id and o.left_rev is null and ${accountOpen}
        order by o.role = 'moderator' desc, o.joined_at, o.user_id limit 1) as heir
    from room_members m join rooms r on r.id = m.room_id
    where m.user_id = ${actor.userId}::uuid and m.left_rev is null
    order by m.room_id`);
}

async function leave(deps: CoreDeps & { rooms: RoomAccess }, actor: Actor, room: OwnRoom): Promise<void> {
  const { rooms } = deps;
  const { roomId, soleOwner, archived, direct, heir } = room;
  if (soleOwner && !direct && heir) {
    await rooms.run(actor, roomId, 'rooms.setRole', (target) => setRole(deps, target, { username: heir, role: 'owner' })).catch(unlessGone);
  } else if (soleOwner && !direct && !archived) {
    await rooms.run(actor, roomId, 'rooms.archive', (target) => archiveRoom(deps, target, true));
  }
  await rooms.run(actor, roomId, 'rooms.leave', (target) => leaveForGood(deps, target));
}

/** Ignores the error that the heir left at that moment. The room then has no owner, which its admins can mend. */
function unlessGone(error: unknown): void {
  if (!AppError.is(error, 'USER_NOT_FOUND')) throw error;
}

/** @returns false if the account is in a room again, or its password or session changed: then nothing was written */
async function close(
  deps: Pick<CoreDeps, 'db'>,
  actor: Actor,
  passwordHash: string | null,
  owner: Actor | null,
  by: AuditActor | null,
): Promise<boolean> {
  const rows = await deps.db.$queryRaw<{ id: string }[]>(Prisma.sql`
    with standing as (${standingSessions(actor.userId)}),
    closed as (
      update users u set password_hash = null, email = null, email_verified_at = null, owner_id = null, is_admin = false, disabled_at = now()
      from users was where was.id = u.id and u.id = ${actor.userId}::uuid and u.password_hash is not distinct from ${passwordHash}::text
        and exists (select 1 from standing where standing.id = ${actor.sessionId}::uuid)
        and not exists (select 1 from room_members m where m.user_id = u.id and m.left_rev is null)
      returning u.id, was.owner_id
    ),
    -- Without its name, which has gone everywhere else.
    audited as (${auditEntries(
      {
        event: owner ? 'bot.removed' : 'account.removed',
        by: by ?? owner ?? { ...actor, username: null },
        subject: { kind: 'account', id: Prisma.sql`closed.id` },
      },
      Prisma.sql`closed`,
    )}),
    recorded as (${removalClosed(Prisma.sql`closed`, Prisma.sql`closed.id`)}),
    unknown as (${forgetAuditNames(Prisma.sql`closed`, Prisma.sql`closed.id`)}),
    uncounted as (update users o set bot_count = greatest(0, o.bot_count - 1) from closed where o.id = closed.owner_id returning o.id),
    ended as (${endSessions({ from: Prisma.sql`standing cross join closed`, id: Prisma.sql`standing.id` })}),
    orphaned as (${changeCharacters({
      set: { ownerId: Prisma.sql`null` },
      from: Prisma.sql`closed`,
      which: Prisma.sql`ch.owner_id = closed.id`,
    })}),
    unwritten as (${endJobs(
      Prisma.sql`closed.id`,
      Prisma.sql`closed`,
      Prisma.sql`j.asked_by = closed.id and j.kind = any(${[...privateReplyKinds]}::text[]) and j.state <> 'done'`,
    )}),
    unreceipted as (${deletePrivateReceipts(Prisma.sql`closed`, Prisma.sql`closed.id`)}),
    unanswered as (${deletePrivateReplies(Prisma.sql`closed`, Prisma.sql`closed.id`)}),
    -- In the rows that the person left behind in rooms; one that invited another counts no more, because the account is closed.
    uninvited as (${changeOwn({
      set: { ...uninvited, declinedAt: Prisma.sql`null` },
      from: Prisma.sql`closed`,
      room: Prisma.sql`m.room_id`,
      user: Prisma.sql`closed.id`,
      only: Prisma.sql`and (m.invited_rev is not null or m.declined_at is not null)`,
    })}),
    uncommanded as (${deleteBotCommands(Prisma.sql`closed`, Prisma.sql`closed.id`)}),
    unnamed as (${deleteChatSessions(Prisma.sql`closed`, Prisma.sql`closed.id`)}),
    unallowed as (${deletePermissions(Prisma.sql`closed`, Prisma.sql`p.user_id = closed.id`)}),
    ${forgetUsage(Prisma.sql`closed`, Prisma.sql`closed.id`)},
    ${deleteSecondStep(Prisma.sql`closed`, Prisma.sql`closed.id`)},
    gone_passkeys as (${deletePasskeys(Prisma.sql`closed`, Prisma.sql`closed.id`)}),
    gone_links as (${deleteLinks(Prisma.sql`closed`, Prisma.sql`closed.id`)}),
    ${deleteWebhooksOf(Prisma.sql`closed`)},
    unknown_outside as (${deleteIdentities(Prisma.sql`closed`, Prisma.sql`closed.id`)}),
    ungranted as (${deleteGrants(Prisma.sql`closed`, Prisma.sql`closed.id`)}),
    unmentioned as (${deleteMentions(Prisma.sql`closed`, Prisma.sql`r.user_id = closed.id`)})
    select closed.id from closed`);
  return rows.length > 0;
}
