import { AppError, type MadeReport, type ReportReason } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { v7 as uuidv7 } from 'uuid';
import type { AuthorizedMessage } from '../access/authorized-message.js';
import { refusalBy, StaleMembershipError } from '../access/authorized-room.js';
import { ensureMay } from '../access/ensure-may.js';
import type { CoreDeps } from '../deps.js';
import { loadMessage } from '../messages/load-message.js';
import { toIso, type Instant } from '../protocol/instant.js';
import { activeActor } from '../sessions/active-actor.js';
import { tellModerators } from './report-rows.js';

export interface ReportInput {
  reason: ReportReason;
  note: string;
  /** Whether the admins see it too where the room is not public. Of a one-to-one room, which nobody moderates, they always do. */
  toAdmins: boolean;
}

/**
 * Tells those who look after a room of a message, with its text as it is now: whoever edits or deletes it later does not change what was
 * reported. A member reports a message once; again changes nothing, whatever became of the first. Nobody but them and the moderators, or the
 * admins, learns of it.
 *
 * @throws AppError MESSAGE_NOT_FOUND; FORBIDDEN for one's own message and for system lines; MESSAGE_DELETED; MESSAGE_HIDDEN; CONFLICT
 */
export async function reportMessage(deps: CoreDeps, message: AuthorizedMessage, input: ReportInput): Promise<MadeReport> {
  const { id: messageId, room, kind, authorType, authorId } = message;
  ensureMay(room);
  const { actor, roomId, membersRev, visibility } = room;
  if (kind === 'system') throw new AppError('FORBIDDEN', 'The record of what happened in a room cannot be reported.');
  if (authorType === 'user' && authorId === actor.userId) {
    throw new AppError('FORBIDDEN', 'You cannot report a message of your own. Delete it instead.');
  }
  const toAdmins = input.toAdmins || visibility === 'direct';
  const [row] = await deps.db.$queryRaw<{ id: string; reason: ReportReason; createdAt: Instant; made: boolean }[]>(Prisma.sql`
    with actor as (${activeActor(actor)}),
    told as (
      select m.id, m.room_id, m.content from messages m cross join actor
      where m.id = ${messageId}::uuid and m.room_id = ${roomId}::uuid and m.deleted_at is null and m.hidden_at is null
      for share of m
    ),
    relied as (
      select c.room_id from room_counters c cross join told
      where c.room_id = ${roomId}::uuid and c.members_rev = ${membersRev}::int
      for share of c
    ),
    made as (
      insert into reports (id, room_id, message_id, reporter_id, reason, note, to_admins, content)
      select ${uuidv7()}::uuid, told.room_id, told.id, actor.id, ${input.reason}::text, ${input.note}::text, ${toAdmins}::boolean, told.content
      from told cross join relied cross join actor
      on conflict (message_id, reporter_id) do nothing
      returning id, reason, created_at
    )
    select id, reason, created_at as "createdAt", true as made from made
    union all
    select own.id, own.reason, own.created_at, false from reports own cross join actor
    where own.message_id = ${messageId}::uuid and own.reporter_id = actor.id and not exists (select 1 from made)`);
  if (row) {
    if (row.made) await tellModerators(deps, roomId);
    return { id: row.id, reason: row.reason, createdAt: toIso(row.createdAt) };
  }
  const { deletedAt, hidden } = await loadMessage(deps, messageId);
  if (deletedAt !== null) throw refusalBy(room, new AppError('MESSAGE_DELETED'));
  if (hidden) throw refusalBy(room, new AppError('MESSAGE_HIDDEN', 'A moderator has hidden this message already.'));
  throw new StaleMembershipError();
}
