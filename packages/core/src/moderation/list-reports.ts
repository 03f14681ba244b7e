import { decide, maxReportsPerPage, type ReportsPage } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { AuthorizedRoom } from '../access/authorized-room.js';
import { ensureMay, refusalError } from '../access/ensure-may.js';
import type { CoreDeps } from '../deps.js';
import type { Actor } from '../sessions/actor.js';
import { loadActor } from '../sessions/load-actor.js';
import { loadReports } from './report-rows.js';

export interface ReportsInput {
  state: 'open' | 'resolved';
  /** Id of the last report of the page before. */
  after?: string | undefined;
}

/** The reports of messages of a room, for its moderators. @throws AppError FORBIDDEN for a direct room */
export async function listReports(deps: Pick<CoreDeps, 'db'>, room: AuthorizedRoom, input: ReportsInput): Promise<ReportsPage> {
  ensureMay(room, {}, { direct: 'Reports of a one-to-one room go to the admins.' });
  return await page(deps, Prisma.sql`report.room_id = ${room.roomId}::uuid`, input);
}

/** The reports that admins see: {@link seenByAdmins}. @throws AppError FORBIDDEN, SESSION_REVOKED, ACCOUNT_DISABLED */
export async function listAllReports(deps: Pick<CoreDeps, 'db'>, actor: Actor, input: ReportsInput): Promise<ReportsPage> {
  const { role } = await loadActor(deps, actor.userId, actor.sessionId);
  const decision = decide('reports.listAll', { instanceRole: role });
  if (decision.kind === 'refused') throw refusalError(decision);
  return await page(deps, seenByAdmins, input);
}

/** Condition on `report` and its room `r`: the room is public, or whoever reported sent it to the admins. */
export const seenByAdmins = Prisma.sql`(r.visibility = 'public' or report.to_admins)`;

async function page(deps: Pick<CoreDeps, 'db'>, which: Prisma.Sql, { state, after }: ReportsInput): Promise<ReportsPage> {
  const [standing, from, order] =
    state === 'open'
      ? [Prisma.sql`report.outcome is null`, Prisma.sql`>`, Prisma.sql`report.created_at, report.id`]
      : [Prisma.sql`report.outcome is not null`, Prisma.sql`<`, Prisma.sql`report.created_at desc, report.id desc`];
  const beyond =
    after === undefined
      ? Prisma.empty
      : Prisma.sql`and (report.created_at, report.id) ${from} (select last.created_at, last.id from reports last where last.id = ${after}::uuid)`;
  const items = await loadReports(deps, Prisma.sql`${standing} and ${which} ${beyond} order by ${order}`, maxReportsPerPage + 1);
  const kept = items.slice(0, maxReportsPerPage);
  return { items: kept, next: items.length > kept.length ? kept.at(-1)!.id : null };
}
