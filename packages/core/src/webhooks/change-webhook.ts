import { AppError, type WebhookEventName, type WebhookView, type WebhookWithSecret } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { auditEntries, type AuditEntry } from '../audit/audit-statements.js';
import type { CoreDeps } from '../deps.js';
import { setHooked } from '../protocol/counter-statements.js';
import { noteSecurity } from '../security-log.js';
import { activeActor } from '../sessions/active-actor.js';
import { loadActor } from '../sessions/load-actor.js';
import type { AuthorizedWebhook } from './authorized-webhook.js';
import { newWebhookSecret } from './create-webhook.js';
import { loadWebhook } from './list-webhooks.js';
import { insertLaneJobs, madeWebhookJobs, wakeWebhooks, webhookKind } from './raise-events.js';

export interface WebhookChange {
  url?: string | undefined;
  events?: readonly WebhookEventName[] | undefined;
  name?: string | undefined;
  active?: boolean | undefined;
}

/**
 * Changes a webhook. Switched off, it hears of nothing; what waited for it waits on, and goes out once it is switched on. One that was
 * parked goes on after the delivery that was given up.
 *
 * @throws AppError HOOK_NOT_FOUND, SESSION_REVOKED, ACCOUNT_DISABLED
 */
export async function updateWebhook(
  deps: CoreDeps,
  { id, actor }: AuthorizedWebhook,
  { url, events, name, active }: WebhookChange,
): Promise<WebhookView> {
  const [row] = await deps.db.$queryRaw<{ changed: boolean; jobs: string[] | null }[]>(Prisma.sql`
    with actor as (${activeActor(actor)}),
    before as (select h.id, h.active from webhooks h join actor on true where h.id = ${id}::uuid for no key update of h),
    changed as (
      update webhooks h set url = coalesce(${url ?? null}::text, h.url), events = coalesce(${events ? [...events] : null}::text[], h.events),
        name = coalesce(${name ?? null}::text, h.name), active = coalesce(${active ?? null}::boolean, h.active),
        parked_at = case when ${active ?? null}::boolean then null else h.parked_at end
      from before where h.id = before.id
      returning h.id, h.made_by, h.room_id, h.name, h.active and not before.active as begun
    ),
    audited as (${auditEntries(
      {
        event: 'webhook.changed',
        by: actor,
        subject: { kind: 'webhook', id: Prisma.sql`changed.id`, name: Prisma.sql`changed.name` },
        roomId: Prisma.sql`changed.room_id`,
        detail: { ...(url !== undefined && { host: new URL(url).host }), active },
      },
      Prisma.sql`changed`,
    )}),
    hook_lane as (
      select l.hook_id, l.room_id, l.sent, changed.made_by from changed join webhook_lanes l on l.hook_id = changed.id
      where changed.begun and l.queued > l.sent and (
        -- One may be ending because the webhook was off. Whoever switches it off and on again and again makes no third.
        select count(*) from jobs j
        where j.room_id = l.room_id and j.kind = ${webhookKind} and j.state <> 'done' and j.request ->> 'hookId' = l.hook_id::text
      ) < 2
    ),
    -- A job that was under way when the webhook was switched off may do the same delivery: then it goes out twice.
    hook_job as (${insertLaneJobs(Prisma.sql`hook_lane.sent + 1`, Prisma.sql`hook_lane`)})
    select exists (select 1 from changed) as changed, ${madeWebhookJobs} as jobs`);
  if (!row!.changed) await refuse(deps, { id, actor });
  wakeWebhooks(deps, row!.jobs);
  return await loadWebhook(deps, id);
}

/**
 * Gives a webhook a new secret. The one before signs beside it for a day, so that the receiver has time to change.
 *
 * @returns the webhook, with the secret that nobody is shown again
 * @throws AppError HOOK_NOT_FOUND, SESSION_REVOKED, ACCOUNT_DISABLED
 */
export async function rotateWebhook(deps: Pick<CoreDeps, 'db' | 'log'>, { id, actor }: AuthorizedWebhook): Promise<WebhookWithSecret> {
  const secret = newWebhookSecret();
  const [row] = await deps.db.$queryRaw<object[]>(Prisma.sql`
    with actor as (${activeActor(actor)}),
    changed as (
      update webhooks h set secret = ${secret}::text, old_secret = h.secret, old_secret_until = now() + interval '1 day'
      from actor where h.id = ${id}::uuid
      returning h.id, h.name, h.room_id
    ),
    audited as (${auditEntries(noteOf('webhook.rotated', actor, 'changed'), Prisma.sql`changed`)})
    select id from changed`);
  if (!row) await refuse(deps, { id, actor });
  noteSecurity(deps.log, 'webhook secret rotated', { userId: actor.userId, hookId: id });
  return { ...(await loadWebhook(deps, id)), secret };
}

/**
 * Ends a webhook for good, with what waits for it. A delivery that is under way may still arrive.
 *
 * @throws AppError HOOK_NOT_FOUND, SESSION_REVOKED, ACCOUNT_DISABLED
 */
export async function removeWebhook(deps: Pick<CoreDeps, 'db' | 'log'>, { id, actor }: AuthorizedWebhook): Promise<void> {
  const [row] = await deps.db.$queryRaw<object[]>(Prisma.sql`
    with actor as (${activeActor(actor)}),
    -- The counter before the lanes, as who sends locks them, and deliveries before lanes, as the end of one does.
    unheard as (${setHooked(
      Prisma.sql`exists (select 1 from webhook_lanes other where other.room_id = c.room_id and other.hook_id <> ${id}::uuid)`,
      Prisma.sql`webhooks h cross join actor`,
      Prisma.sql`c.room_id = h.room_id and h.id = ${id}::uuid`,
    )}),
    deliveries as (
      delete from webhook_deliveries d using actor cross join (select count(*) from unheard) first where d.hook_id = ${id}::uuid returning d.id
    ),
    lanes as (
      delete from webhook_lanes l using actor cross join (select count(*) from deliveries) first where l.hook_id = ${id}::uuid returning l.hook_id
    ),
    gone as (
      delete from webhooks h using actor cross join (select count(*) from lanes) first where h.id = ${id}::uuid
      returning h.id, h.name, h.room_id
    ),
    audited as (${auditEntries(noteOf('webhook.removed', actor, 'gone'), Prisma.sql`gone`)})
    select id from gone`);
  if (!row) await refuse(deps, { id, actor });
  noteSecurity(deps.log, 'webhook removed', { userId: actor.userId, hookId: id });
}

/** @param row the CTE that has the webhook */
function noteOf(event: 'webhook.rotated' | 'webhook.removed', by: AuthorizedWebhook['actor'], row: 'changed' | 'gone'): AuditEntry {
  const column = (name: string) => Prisma.raw(`${row}.${name}`);
  return { event, by, subject: { kind: 'webhook', id: column('id'), name: column('name') }, roomId: column('room_id') };
}

async function refuse(deps: Pick<CoreDeps, 'db'>, { actor }: Pick<AuthorizedWebhook, 'id' | 'actor'>): Promise<never> {
  await loadActor(deps, actor.userId, actor.sessionId);
  throw new AppError('HOOK_NOT_FOUND');
}
