import { AppError } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { ensureAdmin } from '../accounts/admin-guard.js';
import { recordAudit } from '../audit/audit-statements.js';
import type { CoreDeps } from '../deps.js';
import { line } from '../export/export-room.js';
import { toIso, type Instant } from '../protocol/instant.js';
import type { Actor } from '../sessions/actor.js';
import { findHold } from './holds.js';

/** Rows read by one statement: a message may have 256 kB. */
const pageSize = 50;

/**
 * Exports what a legal hold has set aside, as JSON Lines: the hold, each row as it was before it was changed or deleted, the oldest first, and a line
 * that says the file is whole.
 *
 * @throws AppError NOT_FOUND, FORBIDDEN; SESSION_REVOKED, ACCOUNT_DISABLED
 */
export async function* exportHeld(deps: Pick<CoreDeps, 'db' | 'log'>, actor: Actor, holdId: string): AsyncGenerator<string, void> {
  await ensureAdmin(deps, actor, 'holds.export');
  const hold = await findHold(deps, holdId);
  if (!hold) throw new AppError('NOT_FOUND', 'There is no such hold.', { field: 'holdId' });
  const subject = { kind: hold.kind === 'person' ? ('account' as const) : ('room' as const), id: hold.subjectId };
  await recordAudit(deps, { event: 'hold.exported', by: actor, subject, detail: { holdId, copies: hold.copies } });
  yield line({ type: 'hold', format: 'parley.hold', version: 1, exportedAt: new Date().toISOString(), hold });
  const column = Prisma.raw(hold.kind === 'person' ? 'user_id' : 'room_id');
  for (let after: { keptAt: string; id: string } | null = null; ;) {
    const rows: { id: string; keptAt: Instant; table: string; row: Record<string, unknown> }[] = await deps.db.$queryRaw(Prisma.sql`
      select c.id, c.kept_at as "keptAt", c.of_table as table, c.row from held_copies c
      where c.${column} = ${hold.subjectId}::uuid
        and (${after?.id ?? null}::uuid is null or (c.kept_at, c.id) > (${after?.keptAt ?? null}::timestamptz, ${after?.id ?? null}::uuid))
      order by c.kept_at, c.id limit ${pageSize}::int`);
    const last = rows.at(-1);
    if (!last) break;
    yield rows.map(({ keptAt, table, row }) => line({ type: 'copy', keptAt: toIso(keptAt), table, row })).join('');
    after = { keptAt: toIso(last.keptAt), id: last.id };
  }
  yield line({ type: 'end' });
}
