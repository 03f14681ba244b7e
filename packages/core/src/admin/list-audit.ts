import type { AuditEntryView, AuditFilters } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import { toIso, type Instant } from '../protocol/instant.js';

interface EntryRow {
  id: string;
  at: Instant;
  event: string;
  actorKind: AuditEntryView['actor']['kind'];
  actorId: string | null;
  actorName: string | null;
  sessionId: string | null;
  subjectKind: string | null;
  subjectId: string | null;
  subjectName: string | null;
  roomId: string | null;
  address: string | null;
  correlationId: string | null;
  detail: unknown;
}

/** The lowest id of a moment, and of those after it: ids are uuidv7 of when their entry was written. */
function idAt(instant: string, moreMs = 0): string {
  const hex = Math.max(0, Date.parse(instant) + moreMs)
    .toString(16)
    .padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`;
}

/** Entries of the audit log, the newest first. @param input.after the id of the last entry of the page before */
export async function listAudit(
  { db }: Pick<CoreDeps, 'db'>,
  { after, limit, ...filters }: AuditFilters & { after?: string | undefined; limit: number },
): Promise<{ items: AuditEntryView[]; next: string | null }> {
  const { actor, subject, event, from, to } = filters;
  const only = [
    Prisma.sql`true`,
    ...(after ? [Prisma.sql`a.id < ${after}::uuid`] : []),
    ...(actor ? [Prisma.sql`(a.actor_id = ${named(actor)} or a.actor_name = ${named(actor)} or a.actor_kind = ${named(actor)})`] : []),
    ...(subject ? [Prisma.sql`(a.subject_id = ${subject} or lower(a.subject_name) = lower(${named(subject)}))`] : []),
    ...(event ? [Prisma.sql`a.event = ${event}`] : []),
    ...(from ? [Prisma.sql`a.id >= ${idAt(from)}::uuid`] : []),
    ...(to ? [Prisma.sql`a.id < ${idAt(to, 1)}::uuid`] : []),
  ];
  const rows = await db.$queryRaw<EntryRow[]>(Prisma.sql`
    select a.id, a.at, a.event, a.actor_kind as "actorKind", a.actor_id as "actorId", a.actor_name as "actorName", a.session_id as "sessionId",
      a.subject_kind as "subjectKind", a.subject_id as "subjectId", a.subject_name as "subjectName", a.room_id as "roomId", a.address,
      a.correlation_id as "correlationId", a.detail
    from audit_log a where ${Prisma.join(only, ' and ')} order by a.id desc limit ${limit + 1}::int`);
  const items = rows.slice(0, limit).map(entryView);
  return { items, next: rows.length > limit ? items.at(-1)!.id : null };
}

/** Names stand without their sign in the log. */
function named(typed: string): string {
  return typed.replace(/^@/, '').toLowerCase();
}

function entryView(row: EntryRow): AuditEntryView {
  const { id, at, event, actorKind, actorId, actorName, sessionId, roomId, address, correlationId } = row;
  return {
    id,
    at: toIso(at),
    event,
    actor: { kind: actorKind, id: actorId, name: actorName },
    sessionId,
    subject: row.subjectKind === null ? null : { kind: row.subjectKind, id: row.subjectId, name: row.subjectName },
    roomId,
    address,
    correlationId,
    detail: JSON.stringify(row.detail),
  };
}
