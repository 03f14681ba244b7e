import type { Usage, WebhookEventName } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { v7 as uuidv7 } from 'uuid';
import type { CoreDeps } from '../deps.js';
import { claimedColumns, held, type ClaimedJob, type JobFence } from '../jobs/job.js';
import { JobLife } from '../jobs/job-life.js';
import type { JobSink } from '../jobs/job-sink.js';
import { toIso, type Instant } from '../protocol/instant.js';
import { messageJson, messageView, type MessageRow } from '../protocol/message-rows.js';
import { memberView } from '../protocol/presenters.js';
import { insertPrivateReply, type WrittenPrivateReply } from '../protocol/private-reply-statements.js';
import { privateReplyView } from '../protocol/private-reply-view.js';
import { publishInbox } from '../protocol/publish-membership.js';
import { memberJson, type MemberRow } from '../protocol/room-rows.js';
import { insertLaneJobs, madeWebhookJobs, wakeWebhooks, webhookKind } from './raise-events.js';
import { standsIn } from './webhook-rows.js';

/** One attempt at sending one event to one webhook. */
export interface ClaimedDelivery extends ClaimedJob {
  hookId: string;
  url: string;
  /** All of them sign: the last one, and for a day the one before. */
  secrets: string[];
  /** The receiver's `webhook-id`, the same for each attempt. */
  deliveryId: string;
  body: { type: WebhookEventName; timestamp: string; data: object };
  /** How long ago the first attempt was, in milliseconds; 0 for the first. */
  triedForMs: number;
}

/** How an attempt went. */
export interface DeliveryAttempt {
  durationMs: number;
  /** Of HTTP; null where there was no answer. */
  status: number | null;
  /** Null if it was taken. */
  error: string | null;
  /** The beginning of the answer's body. */
  answer: string;
}

/**
 * How a delivery ended. `parked`: it was given up, which switches the webhook off. `dropped`: its webhook had stopped. `held`: its webhook
 * is switched off, and it waits for that to end. `gone`: it was removed.
 */
export interface DeliveryEnd {
  usage: Usage | null;
  state: 'delivered' | 'parked' | 'dropped' | 'held' | 'gone';
  /** Null where nothing was sent. */
  attempt: DeliveryAttempt | null;
}

interface DeliveryRow extends ClaimedJob {
  hook: { id: string; url: string; secret: string; oldSecret: string | null; active: boolean } | null;
  stands: boolean;
  delivery: { id: string; event: WebhookEventName; createdAt: Instant; state: string; triedForMs: number } | null;
  message: MessageRow | null;
  member: MemberRow | null;
}

interface Written {
  webhooks: string[] | null;
  notice: WrittenPrivateReply | null;
}

const nothing = Prisma.sql`null::json as webhooks, null::json as notice`;

/** The delivery that a job is for. */
const ofJob = Prisma.sql`d.hook_id = (job.request ->> 'hookId')::uuid and d.room_id = job.room_id and d.n = (job.request ->> 'n')::int`;

/** The most deliveries under way at once for the webhooks that one person made, so that theirs which hang hold up nobody else's. */
const perPerson = 10;

/**
 * Deliveries. A lane has one job at a time, for its first event that waits; its end makes the next, under the lane's lock, which whoever
 * adds an event takes too. So the events of a room reach a webhook in order, and no webhook waits for another.
 */
const webhookSink: JobSink<DeliveryRow, ClaimedDelivery, DeliveryEnd, Written, true> = {
  kind: webhookKind,
  wakes: 'job',
  keptDays: 1,
  withdrawn: Prisma.sql`false`,
  places: () => ({ perRoom: undefined, perPerson }),

  claim: {
    ctes: Prisma.sql`written as (select 1 as one from job)`,
    columns: Prisma.sql`
      ${claimedColumns}, ${nothing},
      case when h.id is not null then json_build_object('id', h.id, 'url', h.url, 'secret', h.secret, 'active', h.active,
        'oldSecret', case when h.old_secret_until > now() then h.old_secret end) end as hook,
      coalesce(${standsIn(Prisma.sql`job.room_id`)}, false) as stands,
      case when d.id is not null then json_build_object('id', d.id, 'event', d.event, 'createdAt', d.created_at, 'state', d.state,
        'triedForMs', coalesce(extract(epoch from clock_timestamp() - d.first_tried_at) * 1000, 0)::float8) end as delivery,
      (select ${messageJson('m')} from messages m where m.id = d.subject_id and m.room_id = job.room_id) as message,
      (select ${memberJson('person', 'u')} from room_members person join users u on u.id = person.user_id
        where person.room_id = job.room_id and person.user_id = d.subject_id) as member`,
    joins: Prisma.sql`
      left join webhooks h on h.id = (job.request ->> 'hookId')::uuid
      left join webhook_deliveries d on ${ofJob}`,
  },

  claimOf(_deps, row) {
    const { id, attempt, roomId, tries, call, stopRequested, steps, hook, delivery, message, member } = row;
    const job = { id, attempt, roomId, tries, call, stopRequested, steps };
    const data = message ? { message: messageView(message) } : { roomId, member: member && memberView(member) };
    return {
      ...job,
      hookId: hook?.id ?? '',
      url: hook?.url ?? '',
      secrets: hook ? [hook.secret, ...(hook.oldSecret === null ? [] : [hook.oldSecret])] : [],
      deliveryId: delivery?.id ?? '',
      body: { type: delivery?.event ?? 'message.created', timestamp: delivery ? toIso(delivery.createdAt) : '', data },
      triedForMs: delivery?.triedForMs ?? 0,
    };
  },

  // A worker that died in an attempt says nothing against the receiver: tries do not count, only the time since the first.
  refuse({ hook, stands, delivery, message, member }) {
    if (!hook || !delivery || delivery.state !== 'waiting') return { usage: null, state: 'gone', attempt: null };
    if (!hook.active) return { usage: null, state: 'held', attempt: null };
    return stands && (message ?? member) ? null : { usage: null, state: 'dropped', attempt: null };
  },

  end({ state, attempt }) {
    if (state === 'gone' || state === 'held') return { ctes: Prisma.sql`written as (select 1 as one from job)`, columns: nothing };
    return {
      ctes: Prisma.sql`
        done as (
          update webhook_deliveries d set state = ${state}::text ${noted(attempt)} from job where ${ofJob}
          returning d.hook_id, d.room_id, d.n
        ),
        -- One that was sent again has had its turn.
        lane as (
          update webhook_lanes l set sent = done.n from done
          where l.hook_id = done.hook_id and l.room_id = done.room_id and l.sent < done.n
          returning l.hook_id, l.room_id, l.queued, l.sent
        ),
        parked as (
          update webhooks h set active = false, parked_at = clock_timestamp() from done cross join (select count(*) from lane) first
          where h.id = done.hook_id and h.active and ${state}::text = 'parked'
          returning h.id, h.made_by, h.url, done.room_id
        ),
        hook_lane as (
          select lane.*, h.made_by from lane join webhooks h on h.id = lane.hook_id
          where lane.queued > lane.sent and h.active and ${state}::text <> 'parked'
        ),
        hook_job as (${insertLaneJobs(Prisma.sql`hook_lane.sent + 1`, Prisma.sql`hook_lane`)}),
        notice as (${noticeOf(attempt)}),
        written as (select 1 as one from job)`,
      columns: Prisma.sql`${madeWebhookJobs} as webhooks, (select json_build_object('userId', written."userId", 'dismissed', written.dismissed,
        'reply', written.reply) from notice written) as notice`,
    };
  },

  requeue: () => ({ ctes: Prisma.sql`written as (select 1 as one from job)`, columns: nothing }),

  announce(deps, { webhooks, notice }) {
    wakeWebhooks(deps, webhooks);
    if (notice) publishInbox(deps, notice.userId, { type: 'privateReply', reply: privateReplyView(notice.reply) });
    return true;
  },
};

export const webhookJobs = new JobLife(webhookSink);

/** Notes an attempt that was not taken, and after which another follows; nothing if the attempt is over. */
export async function noteAttempt({ db }: Pick<CoreDeps, 'db'>, fence: JobFence, attempt: DeliveryAttempt): Promise<void> {
  await db.$executeRaw(Prisma.sql`
    with job as (select j.* from jobs j where ${held(fence)} for no key update of j)
    update webhook_deliveries d set state = d.state ${noted(attempt)} from job where ${ofJob}`);
}

/** Assignments of what is kept of an attempt, beginning with a comma. */
function noted(attempt: DeliveryAttempt | null): Prisma.Sql {
  if (!attempt) return Prisma.empty;
  const { durationMs, status, error, answer } = attempt;
  return Prisma.sql`, attempts = d.attempts + 1, tried_at = clock_timestamp(), first_tried_at = coalesce(d.first_tried_at, clock_timestamp()),
    duration_ms = ${Math.round(durationMs)}::int, http_status = ${status}::int, error = ${error}::text, answer = ${answer}::text`;
}

/** Body of a CTE that tells whoever made a webhook that it was parked, where they see it: in its room, and nobody else. */
function noticeOf(attempt: DeliveryAttempt | null): Prisma.Sql {
  const why = attempt?.error ?? '';
  return insertPrivateReply(
    {
      id: Prisma.sql`${uuidv7()}::uuid`,
      user: Prisma.sql`parked.made_by`,
      room: Prisma.sql`parked.room_id`,
      content: Prisma.sql`'A webhook to ' || split_part(split_part(parked.url, '://', 2), '/', 1) || ' was switched off: ' || ${why}::text
        || ' It was tried again and again. Switch the webhook on once that is mended: what waits is sent then, and the delivery that was given up can be sent again.'`,
      status: Prisma.sql`'complete'`,
      clientId: Prisma.sql`null::uuid`,
      request: Prisma.sql`null::jsonb`,
      character: Prisma.sql`null::uuid`,
      askedSeq: Prisma.sql`c.last_seq`,
    },
    Prisma.sql`parked join room_counters c on c.room_id = parked.room_id
      join room_members m on m.room_id = parked.room_id and m.user_id = parked.made_by and m.left_rev is null`,
  );
}
