import { AppError, maxKeptDeliveries, type DeliveryView, type WebhookEventName } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import { toIso, type Instant } from '../protocol/instant.js';
import { activeActor } from '../sessions/active-actor.js';
import type { AuthorizedWebhook } from './authorized-webhook.js';
import { insertLaneJobs, madeWebhookJobs, wakeWebhooks } from './raise-events.js';

interface DeliveryRow {
  id: string;
  event: WebhookEventName;
  roomId: string;
  createdAt: Instant;
  status: DeliveryView['status'];
  attempts: number;
  at: Instant | null;
  durationMs: number | null;
  httpStatus: number | null;
  error: string | null;
  answer: string | null;
}

const columns = Prisma.sql`
  d.id, d.event, d.room_id as "roomId", d.created_at as "createdAt", d.state as status, d.attempts, d.tried_at as at,
  d.duration_ms as "durationMs", d.http_status as "httpStatus", d.error, d.answer`;

/** The last events of a webhook, the newest first: those that wait, and those that are done with. */
export async function listDeliveries({ db }: Pick<CoreDeps, 'db'>, { id }: AuthorizedWebhook): Promise<DeliveryView[]> {
  const rows = await db.$queryRaw<DeliveryRow[]>(Prisma.sql`
    select ${columns} from webhook_deliveries d where d.hook_id = ${id}::uuid order by d.created_at desc, d.n desc limit ${maxKeptDeliveries}::int`);
  return rows.map(deliveryView);
}

/**
 * Sends a delivery again that is done with, beside those that wait. One that waits is on its way anyway, and nothing changes.
 *
 * @throws AppError DELIVERY_NOT_FOUND; HOOK_NOT_ACTIVE for a webhook that is switched off or parked
 */
export async function resendDelivery(deps: CoreDeps, { id, actor }: AuthorizedWebhook, deliveryId: string): Promise<DeliveryView> {
  const [row] = await deps.db.$queryRaw<{ found: boolean; active: boolean | null; jobs: string[] | null }[]>(Prisma.sql`
    with actor as (${activeActor(actor)}),
    found as (
      select d.id, d.hook_id, d.room_id, d.n, d.state, h.made_by, h.active
      from webhook_deliveries d join webhooks h on h.id = d.hook_id cross join actor
      where d.id = ${deliveryId}::uuid and d.hook_id = ${id}::uuid
      for no key update of d
    ),
    again as (
      update webhook_deliveries d set state = 'waiting', first_tried_at = null from found
      where d.id = found.id and found.active and found.state <> 'waiting'
      returning d.id
    ),
    hook_lane as (select found.* from found join again on again.id = found.id),
    hook_job as (${insertLaneJobs(Prisma.sql`hook_lane.n`, Prisma.sql`hook_lane`)})
    select exists (select 1 from found) as found, (select active from found) as active, ${madeWebhookJobs} as jobs`);
  if (!row!.found) throw new AppError('DELIVERY_NOT_FOUND');
  if (!row!.active) throw new AppError('HOOK_NOT_ACTIVE');
  wakeWebhooks(deps, row!.jobs);
  const [sent] = await deps.db.$queryRaw<DeliveryRow[]>(Prisma.sql`
    select ${columns} from webhook_deliveries d where d.id = ${deliveryId}::uuid`);
  if (!sent) throw new AppError('DELIVERY_NOT_FOUND');
  return deliveryView(sent);
}

function deliveryView({ at, durationMs, httpStatus, error, answer, ...row }: DeliveryRow): DeliveryView {
  const { id, event, roomId, createdAt, status, attempts } = row;
  const last = at === null ? null : { at: toIso(at), durationMs: durationMs ?? 0, status: httpStatus, error, answer: answer ?? '' };
  return { id, event, roomId, createdAt: toIso(createdAt), status, attempts, last };
}
