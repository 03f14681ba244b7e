import { AppError, maxListedHolds, type HoldView } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { v7 as uuidv7 } from 'uuid';
import { adminAs, ensureAdmin, whyNoAccount } from '../accounts/admin-guard.js';
import { auditEntries, type AuditActor } from '../audit/audit-statements.js';
import type { CoreDeps } from '../deps.js';
import { toIso, toIsoOrNull, type Instant } from '../protocol/instant.js';
import { lookThroughAgain } from '../rooms/room-statements.js';
import type { Actor } from '../sessions/actor.js';

type HoldRow = Omit<HoldView, 'placedAt' | 'liftedAt'> & { placedAt: Instant; liftedAt: Instant | null };

const view = (row: HoldRow): HoldView => ({ ...row, placedAt: toIso(row.placedAt), liftedAt: toIsoOrNull(row.liftedAt) });

/** A hold as a JSON column. @param hold alias of `legal_holds`, or of anything with its columns; always a literal */
function holdJson(hold: string): Prisma.Sql {
  return Prisma.raw(`json_build_object('id', ${hold}.id, 'kind', ${hold}.kind, 'subjectId', ${hold}.subject_id,
    'name', coalesce(case ${hold}.kind when 'person' then (select u.username from users u where u.id = ${hold}.subject_id)
      else (select r.name from rooms r where r.id = ${hold}.subject_id) end, ''),
    'reason', ${hold}.reason, 'placedAt', ${hold}.placed_at, 'liftedAt', ${hold}.lifted_at,
    'placedBy', (select u.username from users u where u.id = ${hold}.placed_by),
    'liftedBy', (select u.username from users u where u.id = ${hold}.lifted_by),
    'copies', (select count(*)::int from held_copies c
      where ${hold}.kind = 'room' and c.room_id = ${hold}.subject_id or ${hold}.kind = 'person' and c.user_id = ${hold}.subject_id))`);
}

/** The legal holds, the last first; those that stand before those that were lifted. @throws AppError FORBIDDEN; SESSION_REVOKED, ACCOUNT_DISABLED */
export async function listHolds(deps: Pick<CoreDeps, 'db'>, by: Actor): Promise<HoldView[]> {
  await ensureAdmin(deps, by, 'holds.list');
  const rows = await deps.db.$queryRaw<{ hold: HoldRow }[]>(Prisma.sql`
    select ${holdJson('h')} as hold from legal_holds h
    order by h.lifted_at is not null, h.placed_at desc, h.id desc limit ${maxListedHolds}::int`);
  return rows.map(({ hold }) => view(hold));
}

/** A hold, or null if there is none with this id. */
export async function findHold({ db }: Pick<CoreDeps, 'db'>, holdId: string): Promise<HoldView | null> {
  const [row] = await db.$queryRaw<{ hold: HoldRow }[]>(Prisma.sql`
    select ${holdJson('h')} as hold from legal_holds h where h.id = ${holdId}::uuid`);
  return row ? view(row.hold) : null;
}

/** What a hold keeps: everything of a person or of a room. */
export interface PlaceHoldInput {
  username?: string | undefined;
  roomId?: string | undefined;
  reason: string;
}

/**
 * Places a legal hold on a person or a room. From now on nothing of it is removed: not by age, and what anybody changes or deletes, and what the
 * removal of an account takes away, is set aside. Nobody but admins is told.
 *
 * @param by the admin who asks; null for an operator at the command line
 * @throws AppError USER_NOT_FOUND, ROOM_NOT_FOUND; CONFLICT where one stands already; FORBIDDEN unless `by` is an admin; SESSION_REVOKED,
 * ACCOUNT_DISABLED
 */
export async function placeHold(
  deps: Pick<CoreDeps, 'db'>,
  by: Actor | null,
  { username, roomId, reason }: PlaceHoldInput,
): Promise<HoldView> {
  const found =
    username === undefined
      ? Prisma.sql`select r.id, 'room' as kind, case r.visibility when 'direct' then '' else r.name end as name from rooms r where r.id = ${roomId ?? null}::uuid`
      : Prisma.sql`select u.id, 'person' as kind, u.username as name from users u where u.username = ${username}::text`;
  const [row] = await deps.db.$queryRaw<{ found: boolean; hold: HoldRow | null }[]>(Prisma.sql`
    with admin as (${adminAs(by, 'holds.place')}),
    subject as (${found}),
    placed as (
      insert into legal_holds as h (id, kind, subject_id, reason, placed_by)
      select ${uuidv7()}::uuid, subject.kind, subject.id, ${reason}::text, ${by?.userId ?? null}::uuid from subject cross join admin
      on conflict do nothing
      returning h.*
    ),
    ${holdEntry('hold.placed', by ?? 'operator', 'placed')}
    select exists (select 1 from subject cross join admin) as found, (select ${holdJson('placed')} from placed) as hold`);
  if (row?.hold) return view(row.hold);
  const refused = await whyNoAccount(deps, username ?? '', by, 'holds.place');
  if (refused.code === 'FORBIDDEN') throw refused;
  if (!row?.found) throw username === undefined ? new AppError('ROOM_NOT_FOUND', undefined, { field: 'roomId' }) : refused;
  throw new AppError('CONFLICT', 'A hold stands there already. Lift it first to place another.');
}

/**
 * Lifts a legal hold. What was due by its age goes with the next sweep, and what only this hold had set aside too. Lifting it again changes nothing.
 *
 * @throws AppError NOT_FOUND; FORBIDDEN unless `by` is an admin; SESSION_REVOKED, ACCOUNT_DISABLED
 */
export async function liftHold(deps: Pick<CoreDeps, 'db'>, by: Actor | null, { holdId }: { holdId: string }): Promise<HoldView> {
  const [row] = await deps.db.$queryRaw<{ hold: HoldRow | null; known: HoldRow | null }[]>(Prisma.sql`
    with admin as (${adminAs(by, 'holds.lift')}),
    lifted as (
      update legal_holds h set lifted_at = now(), lifted_by = ${by?.userId ?? null}::uuid from admin
      where h.id = ${holdId}::uuid and h.lifted_at is null returning h.*
    ),
    -- Messages that the sweep left because of it are looked at again.
    looked as (${lookThroughAgain(
      Prisma.sql`lifted`,
      Prisma.sql`r.id = lifted.subject_id or lifted.kind = 'person' and r.id in (select m.room_id from room_members m where m.user_id = lifted.subject_id)`,
    )}),
    ${holdEntry('hold.lifted', by ?? 'operator', 'lifted')}
    select (select ${holdJson('lifted')} from lifted) as hold,
      (select ${holdJson('h')} from legal_holds h cross join admin where h.id = ${holdId}::uuid) as known`);
  const hold = row?.hold ?? row?.known;
  if (hold) return view(hold);
  const refused = await whyNoAccount(deps, '', by, 'holds.lift');
  throw refused.code === 'FORBIDDEN' ? refused : new AppError('NOT_FOUND', 'There is no such hold.', { field: 'holdId' });
}

/** CTEs that note it in the audit log. */
function holdEntry(event: 'hold.placed' | 'hold.lifted', by: AuditActor, from: 'placed' | 'lifted'): Prisma.Sql {
  const column = (name: string) => Prisma.raw(`${from}.${name}`);
  const entry = (kind: 'account' | 'room') =>
    auditEntries(
      {
        event,
        by,
        subject: {
          kind,
          id: column('subject_id'),
          name: kind === 'account' ? Prisma.sql`(select u.username from users u where u.id = ${column('subject_id')})` : null,
        },
        ...(kind === 'room' && { roomId: column('subject_id') }),
        detail: Prisma.sql`jsonb_build_object('holdId', ${column('id')})`,
      },
      Prisma.sql`${Prisma.raw(from)} where ${column('kind')} = ${kind === 'account' ? 'person' : 'room'}`,
    );
  return Prisma.sql`audited_person as (${entry('account')}), audited_room as (${entry('room')})`;
}
