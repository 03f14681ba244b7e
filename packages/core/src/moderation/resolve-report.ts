import { AppError, type ReportOutcome, type ReportView } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { loadMessageOrigin, type MessageOrigin } from '../access/authorized-message.js';
import { ensureMay } from '../access/ensure-may.js';
import type { RoomAccess } from '../access/room-access.js';
import { removeCharacter } from '../characters/remove-character.js';
import { auditEntries } from '../audit/audit-statements.js';
import type { CoreDeps } from '../deps.js';
import { banMember } from '../members/ban-member.js';
import { removeMember } from '../members/remove-member.js';
import { silenceMember } from '../members/silence-member.js';
import { deleteMessage } from '../messages/delete-message.js';
import { hideAsAdmin, hideMessage } from '../messages/hide-message.js';
import { activeActor } from '../sessions/active-actor.js';
import type { Actor } from '../sessions/actor.js';
import { loadActor } from '../sessions/load-actor.js';
import { seenByAdmins } from './list-reports.js';
import { loadReports, tellModerators } from './report-rows.js';

export interface ResolveInput {
  reportId: string;
  outcome: ReportOutcome;
  /** For how long the author is silenced. */
  forMinutes: number;
}

/** How long whoever resolves a report has for it, in seconds. If their call dies meanwhile, the report is open again after that. */
const resolvingFor = 30;

/**
 * Resolves the open reports of a message by doing what the outcome says, and marks them. Of two who resolve at once the first does it and the
 * other is told: a report is taken before anything is done, and marked once it is. If what is to be done is refused, the report stays open.
 * The same call again returns what it made.
 *
 * A moderator of the room may do all of it. An admin who is not one may leave or hide the message, and no more: for all else there are the
 * room's moderators, and the admin may join or disable the account.
 *
 * @throws AppError REPORT_NOT_FOUND; REPORT_RESOLVED; VALIDATION for an outcome that the author cannot have; FORBIDDEN; and what the use cases of the outcome throw
 */
export async function resolveReport(deps: CoreDeps & { rooms: RoomAccess }, actor: Actor, input: ResolveInput): Promise<ReportView> {
  const { reportId, outcome } = input;
  const report = await deps.db.report.findUnique({ where: { id: reportId }, select: { roomId: true, messageId: true } });
  if (!report) throw new AppError('REPORT_NOT_FOUND');
  const as = await actsAs(deps, actor, { ...report, reportId });
  if (as === 'admin' && outcome !== 'nothing' && outcome !== 'hidden') {
    throw new AppError('FORBIDDEN', 'Only moderators of the room can do that. Hide the message, or join the room.', { field: 'outcome' });
  }
  const message = await loadMessageOrigin(deps, report.messageId);
  refuseImpossible(message, outcome);
  if (await take(deps, actor, message)) {
    try {
      await act(deps, actor, message, { ...input, as });
    } catch (error) {
      await giveBack(deps, actor, message);
      throw error;
    }
    await mark(deps, actor, message, outcome);
    await tellModerators(deps, message.roomId);
  }
  const [view] = await loadReports(deps, Prisma.sql`report.id = ${reportId}::uuid`);
  if (!view) throw new AppError('REPORT_NOT_FOUND');
  if (view.resolved?.outcome !== outcome || view.resolved.by?.id !== actor.userId) throw new AppError('REPORT_RESOLVED');
  return view;
}

/** Whether the actor is a moderator of the room, or else an admin who is shown the report. @throws AppError REPORT_NOT_FOUND */
async function actsAs(
  deps: Pick<CoreDeps, 'db'> & { rooms: RoomAccess },
  actor: Actor,
  { roomId, reportId }: { roomId: string; reportId: string },
): Promise<'moderator' | 'admin'> {
  try {
    return await deps.rooms.run(actor, roomId, 'reports.list', (room) => {
      ensureMay(room);
      return Promise.resolve('moderator' as const);
    });
  } catch (error) {
    if (!AppError.is(error, 'FORBIDDEN') && !AppError.is(error, 'ROOM_NOT_FOUND')) throw error;
    const { role } = await loadActor(deps, actor.userId, actor.sessionId);
    const shown = role === 'admin' && (await loadReports(deps, Prisma.sql`report.id = ${reportId}::uuid and ${seenByAdmins}`));
    if (!shown || shown.length === 0) throw new AppError('REPORT_NOT_FOUND', undefined, { cause: error });
    return 'admin';
  }
}

function refuseImpossible({ authorType, authorId }: MessageOrigin, outcome: ReportOutcome): void {
  if (outcome === 'nothing' || outcome === 'hidden' || outcome === 'deleted') return;
  const field = { field: 'outcome' };
  if (authorId === null) throw new AppError('VALIDATION', 'Its author has no account here: hide or delete the message.', field);
  if (authorType === 'character' && outcome !== 'removed') {
    throw new AppError('VALIDATION', 'A character can be removed from the room, not silenced or banned.', field);
  }
}

async function act(
  deps: CoreDeps & { rooms: RoomAccess },
  actor: Actor,
  message: MessageOrigin,
  { outcome, forMinutes, as }: ResolveInput & { as: 'moderator' | 'admin' },
): Promise<void> {
  const { rooms } = deps;
  const { id, roomId } = message;
  switch (outcome) {
    case 'nothing':
      return;
    case 'hidden':
      if (as === 'admin') await hideAsAdmin(deps, actor, message);
      else await rooms.runOfMessage(actor, id, 'messages.hide', (it) => hideMessage(deps, it, { on: true }));
      return;
    case 'deleted':
      await rooms.runOfMessage(actor, id, 'messages.delete', (it) => deleteMessage(deps, it));
      return;
    case 'silenced': {
      const username = await usernameOf(deps, message);
      await rooms.run(actor, roomId, 'rooms.silence', (room) => silenceMember(deps, room, { username, forMinutes }));
      return;
    }
    case 'removed': {
      if (message.authorType === 'character') {
        await rooms.run(actor, roomId, 'rooms.removeCharacter', (room) => removeCharacter(deps, room, message.authorId!));
        return;
      }
      const username = await usernameOf(deps, message);
      await rooms.run(actor, roomId, 'rooms.removeMember', (room) => removeMember(deps, room, username));
      return;
    }
    case 'banned': {
      const username = await usernameOf(deps, message);
      await rooms.run(actor, roomId, 'rooms.ban', (room) => banMember(deps, room, username));
      return;
    }
  }
}

async function usernameOf({ db }: Pick<CoreDeps, 'db'>, { authorId }: MessageOrigin): Promise<string> {
  const user = await db.user.findUnique({ where: { id: authorId! }, select: { username: true } });
  if (!user) throw new AppError('USER_NOT_FOUND');
  return user.username;
}

/** Takes the open reports of a message, unless somebody else has them at the moment. @returns whether there are any */
async function take({ db }: Pick<CoreDeps, 'db'>, actor: Actor, { id }: MessageOrigin): Promise<boolean> {
  const taken = await db.$executeRaw(Prisma.sql`
    with actor as (${activeActor(actor)}),
    free as (
      select report.id from reports report cross join actor
      where report.message_id = ${id}::uuid and report.outcome is null
        and (report.resolving_by is null or report.resolving_by = actor.id or report.resolving_until < now())
      order by report.id for no key update of report
    )
    update reports report set resolving_by = actor.id, resolving_until = now() + ${resolvingFor}::int * interval '1 second'
    from free cross join actor where report.id = free.id`);
  return taken > 0;
}

async function giveBack({ db }: Pick<CoreDeps, 'db'>, actor: Actor, { id }: MessageOrigin): Promise<void> {
  await db.$executeRaw(Prisma.sql`
    update reports report set resolving_by = null, resolving_until = null
    where report.message_id = ${id}::uuid and report.outcome is null and report.resolving_by = ${actor.userId}::uuid`);
}

async function mark({ db }: Pick<CoreDeps, 'db'>, actor: Actor, { id, roomId }: MessageOrigin, outcome: ReportOutcome): Promise<void> {
  await db.$executeRaw(Prisma.sql`
    with marked as (update reports report set outcome = ${outcome}::text, resolved_at = now(), resolved_by = ${actor.userId}::uuid, content = null,
      resolving_by = null, resolving_until = null
    where report.message_id = ${id}::uuid and report.outcome is null and report.resolving_by = ${actor.userId}::uuid returning report.id)
    ${auditEntries(
      { event: 'report.resolved', by: actor, subject: { kind: 'message', id }, roomId, detail: { outcome } },
      Prisma.sql`(select count(*) as n from marked) done where done.n > 0`,
    )}`);
}
