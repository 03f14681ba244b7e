import type { MessageView, ReportOutcome, ReportReason, ReportView } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import { toIso, type Instant } from '../protocol/instant.js';
import { messageJson, messageView, type MessageRow } from '../protocol/message-rows.js';
import { mine, roomView, userView } from '../protocol/presenters.js';
import { publishInbox } from '../protocol/publish-membership.js';
import { mineJson, roomJson, userJson, type MineRow, type RoomRow, type UserRow } from '../protocol/room-rows.js';

interface ReportRow {
  id: string;
  roomId: string;
  roomName: string;
  reason: ReportReason;
  note: string;
  reporter: UserRow;
  toAdmins: boolean;
  createdAt: Instant;
  message: MessageRow;
  /** What a hidden message says. */
  aside: string | null;
  reported: string | null;
  open: number;
  outcome: ReportOutcome | null;
  resolvedAt: Instant | null;
  resolvedBy: UserRow | null;
}

/** Reads reports as whoever may see them is shown them. @param which condition on `report` and the room `r`, perhaps with `order by` @param most of them */
export async function loadReports({ db }: Pick<CoreDeps, 'db'>, which: Prisma.Sql, most = 1): Promise<ReportView[]> {
  const rows = await db.$queryRaw<ReportRow[]>(Prisma.sql`
    select report.id, report.room_id as "roomId", r.name as "roomName", report.reason, report.note, ${userJson('reporter')} as reporter,
      report.to_admins as "toAdmins", report.created_at as "createdAt", ${messageJson('m')} as message, h.content as aside,
      report.content as reported, report.outcome, report.resolved_at as "resolvedAt",
      case when resolver.id is not null then ${userJson('resolver')} end as "resolvedBy",
      (select count(*)::int from reports other where other.message_id = report.message_id and other.outcome is null) as open
    from reports report join rooms r on r.id = report.room_id join messages m on m.id = report.message_id
      join users reporter on reporter.id = report.reporter_id left join hidden_texts h on h.message_id = m.id
      left join users resolver on resolver.id = report.resolved_by
    where ${which} limit ${most}::int`);
  return rows.map(reportView);
}

function reportView(row: ReportRow): ReportView {
  const { id, roomId, roomName, reason, note, toAdmins, reported, open, outcome, resolvedAt, resolvedBy } = row;
  const message: MessageView = messageView(row.message);
  return {
    id,
    roomId,
    roomName,
    reason,
    note,
    reporter: userView(row.reporter),
    toAdmins,
    createdAt: toIso(row.createdAt),
    message: row.aside === null ? message : { ...message, content: row.aside },
    reported,
    open,
    resolved: outcome && resolvedAt ? { outcome, at: toIso(resolvedAt), by: resolvedBy && userView(resolvedBy) } : null,
  };
}

/** Whom a report is told of at most: the owners and moderators of a room. */
const maxTold = 100;

/**
 * Tells the moderators of a room how many reports are open there: a number in their inbox, nothing of what was said. Never throws; what is
 * lost the next snapshot of the inbox brings.
 */
export async function tellModerators(deps: CoreDeps, roomId: string): Promise<void> {
  try {
    const rows = await deps.db.$queryRaw<{ userId: string; room: RoomRow; mine: MineRow }[]>(Prisma.sql`
      select m.user_id as "userId", ${roomJson('r')} as room, ${mineJson('m', 'c', 'r')} as mine
      from room_members m join rooms r on r.id = m.room_id join room_counters c on c.room_id = m.room_id
      where m.room_id = ${roomId}::uuid and m.left_rev is null and m.role <> 'member' and r.visibility <> 'direct'
      order by m.joined_at, m.user_id limit ${maxTold}::int`);
    for (const row of rows) publishInbox(deps, row.userId, { type: 'room', room: roomView(row.room), mine: mine(row.mine) });
  } catch (error) {
    deps.log.warn({ err: error, roomId }, 'could not tell moderators of a report: they see it when they look');
  }
}
