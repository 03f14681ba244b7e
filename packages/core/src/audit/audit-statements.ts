import { currentCall } from '@parley/bus';
import type { AuditEvent, AuditSubjectKind } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';

/** Who did it: an account by one of its sessions, whoever has the command line, the server by itself, or an identity provider by its id. */
export type AuditActor =
  | { userId: string; sessionId: string | null; /** Null for an account that is being removed. */ username: string | null }
  | { provider: string }
  | 'operator'
  | 'system';

/** A column of `from` in SQL, or the value itself. */
type Value<T> = T | Prisma.Sql;

export interface AuditEntry {
  event: AuditEvent;
  by: AuditActor;
  /** What it was done to. @default nothing beside the actor */
  subject?: { kind: AuditSubjectKind; id: Value<string | null>; name?: Value<string | null> } | undefined;
  /** The room that it belongs to. @default none */
  roomId?: Value<string | null> | undefined;
  /** Facts and codes: never sentences, nothing that people wrote in rooms, no secret. @default {} */
  detail?: Value<Readonly<Record<string, unknown>>> | undefined;
}

/**
 * Statement, or body of a CTE, that writes an entry of the audit log for each row of `from`, and yields their `id`. It stands in the statement
 * that does the thing, so that what happened and its entry commit together or not at all.
 *
 * @param from sources, without the word `from`: what the statement wrote. Where it yields nothing, nothing is noted. @default one row
 */
export function auditEntries({ event, by, subject, roomId, detail = {} }: AuditEntry, from: Prisma.Sql = once): Prisma.Sql {
  const { kind, id, name, sessionId } = actorColumns(by);
  const { address = null, correlationId = null } = currentCall() ?? {};
  const details = detail instanceof Prisma.Sql ? detail : Prisma.sql`${JSON.stringify(detail)}::jsonb`;
  return Prisma.sql`
    insert into audit_log (id, at, event, actor_kind, actor_id, actor_name, session_id, subject_kind, subject_id, subject_name, room_id,
      address, correlation_id, detail)
    select ${idOfNow}, now(), ${event}::text, ${kind}::text, ${id}::text, ${name}::text, ${sessionId}::uuid,
      ${subject?.kind ?? null}::text, ${textOf(subject?.id)}, ${textOf(subject?.name)},
      ${textOf(roomId)}::uuid, ${address}::text, ${correlationId}::text, ${details}
    from ${from}
    returning id`;
}

/**
 * Writes an entry of the audit log by itself, where no statement does the thing: a file that was sent, a call that was refused. Never throws:
 * an entry that cannot be written is in the log of the process.
 */
export async function recordAudit({ db, log }: Pick<CoreDeps, 'db' | 'log'>, entry: AuditEntry): Promise<void> {
  try {
    await db.$executeRaw(auditEntries(entry));
  } catch (error) {
    log.error({ err: error, event: entry.event, subject: entry.subject?.kind }, 'an entry of the audit log could not be written');
  }
}

/**
 * CTE that takes the name of accounts out of the audit log. The entries stay, with the ids.
 *
 * @param from sources, without the word `from` @param id the column of `from` with the account's id, in SQL
 */
export function forgetAuditNames(from: Prisma.Sql, id: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`
    update audit_log a set actor_name = case when a.actor_id = (${id})::text then null else a.actor_name end,
      subject_name = case when a.subject_id = (${id})::text then null else a.subject_name end
    from ${from} where a.actor_id = (${id})::text or a.subject_id = (${id})::text
    returning a.id`;
}

const once = Prisma.sql`(select 1) once`;

/** Microseconds since the epoch at which the statement began. */
const micros = Prisma.sql`(extract(epoch from now()) * 1000000)::bigint`;

/**
 * A uuidv7 of the statement's time, to a fraction of a millisecond (RFC 9562, 5.7 and 6.2, method 3): the order of ids is that of the log. The
 * database makes it, because one statement may write many.
 */
const idOfNow = Prisma.sql`encode(
  int8send((${micros} / 1000 << 16) | 28672 | (${micros} % 1000 * 4096 / 1000)) || substring(uuid_send(gen_random_uuid()) from 9), 'hex')::uuid`;

function textOf(value: Value<string | null> | undefined): Prisma.Sql {
  return value instanceof Prisma.Sql ? Prisma.sql`(${value})::text` : Prisma.sql`${value ?? null}::text`;
}

function actorColumns(by: AuditActor): { kind: string; id: string | null; name: string | null; sessionId: string | null } {
  if (typeof by === 'string') return { kind: by, id: null, name: null, sessionId: null };
  if ('provider' in by) return { kind: 'provider', id: by.provider, name: by.provider, sessionId: null };
  return { kind: 'user', id: by.userId, name: by.username, sessionId: by.sessionId };
}
