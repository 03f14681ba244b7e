import type { WebhookEventName } from '@parley/contracts';
import { maxHeardWebhooks, maxWaitingDeliveries } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { AuthorizedRoom } from '../access/authorized-room.js';
import type { CoreDeps } from '../deps.js';
import { wakeUpOf } from '../jobs/job.js';
import { insertJobs } from '../jobs/job-statements.js';
import { lanesOfBot } from './lanes.js';
import { standsIn } from './webhook-rows.js';

/**
 * How an event gets on its way to the webhooks of its room: by the very statement that causes it. The statement numbers the event in the
 * lane of each webhook that asked for it, and makes the lane's job where none of its events waited. The counter's lock, which the statement
 * holds, gives the events of a room their order.
 */

export const webhookKind = 'webhook';

export interface RaisedEvent {
  event: WebhookEventName;
  /** Id of the message or the person, in SQL. */
  subject: Prisma.Sql;
  /** Ids of whom it mentions, as jsonb, in SQL. Where it mentions nobody, there is no event. @default the event is of nobody's mention */
  mentions?: Prisma.Sql;
  /** CTEs that have a row if the event happens, without the word `from`; perhaps with `where`. */
  from: Prisma.Sql;
}

/**
 * CTEs that put events on their way. They follow the CTE `counter` of `takeNumbers` and those of {@link RaisedEvent.from}. The last is
 * `hook_job`, with the `id` of each job that was made, for {@link wakeWebhooks}.
 *
 * @param entering CTE with the row of `room_members` of whom the event tells, who enters the room. If that is a bot, its webhooks hear of it although the
 * statement's snapshot has the bot outside, and lanes of theirs that are missing are laid. @default nobody enters
 */
export function raiseEvents(events: readonly RaisedEvent[], entering: Prisma.Sql | null = null): Prisma.Sql {
  const raised = events.map(
    ({ event, subject, mentions, from }, place) => Prisma.sql`
      select ${Prisma.raw(`${place} as place, '${event}'`)} as event, ${subject} as subject, ${mentions ?? Prisma.sql`null::jsonb`} as mentions from ${from}`,
  );
  const here = Prisma.sql`select l.hook_id, l.room_id from webhook_lanes l where l.room_id = counter.room_id`;
  const ofBot = entering && Prisma.sql`webhooks own join ${entering} entered on entered.user_id = own.bot_id`;
  const lanes = ofBot ? Prisma.sql`${here} union select own.id, entered.room_id from ${ofBot}` : here;
  const enters = entering && Prisma.sql`or h.bot_id in (select entered.user_id from ${entering} entered)`;
  const laid =
    entering &&
    lanesOfBot(entering, Prisma.sql`coalesce((select max(wanted.events) from hook_wanted wanted where wanted.hook_id = h.id), 0)`);
  return Prisma.sql`
    hook_wanted as (
      select l.hook_id, l.room_id, l.made_by, raised.event, raised.subject,
        row_number() over (partition by l.hook_id order by raised.place)::int as nth, count(*) over (partition by l.hook_id)::int as events
      from counter cross join lateral (
          select l.hook_id, l.room_id, h.made_by, h.bot_id, h.events from (${lanes}) l join webhooks h on h.id = l.hook_id and h.active
          where counter.hooked and (${standsIn(Prisma.sql`counter.room_id`)} ${enters ?? Prisma.empty})
          order by h.bot_id is not null, h.id limit ${maxHeardWebhooks}::int
        ) l
        join (${Prisma.join(raised, ' union all ')}) raised on raised.event = any(l.events)
      where raised.mentions is null or raised.mentions <> '[]' and (l.bot_id is null or raised.mentions @> to_jsonb(l.bot_id))
    ),
    hook_raised as (
      update webhook_lanes l set queued = l.queued + wanted.events
      from (select distinct hook_id, room_id, made_by, events from hook_wanted) wanted
      where l.hook_id = wanted.hook_id and l.room_id = wanted.room_id and l.queued - l.sent < ${maxWaitingDeliveries}::int
      returning l.hook_id, l.room_id, l.queued - wanted.events as last, l.sent, wanted.made_by
    ),
    ${laid ? Prisma.sql`${laid},` : Prisma.empty}
    hook_lane as (
      select * from hook_raised
      ${laid ? Prisma.sql`union all select laid.hook_id, laid.room_id, 0, 0, h.made_by from laid join webhooks h on h.id = laid.hook_id and laid.queued > 0` : Prisma.empty}
    ),
    hook_delivery as (
      insert into webhook_deliveries (id, hook_id, room_id, n, event, subject_id)
      select gen_random_uuid(), wanted.hook_id, wanted.room_id, hook_lane.last + wanted.nth, wanted.event, wanted.subject
      from hook_wanted wanted join hook_lane on hook_lane.hook_id = wanted.hook_id
    ),
    hook_job as (${insertLaneJobs(Prisma.sql`hook_lane.last + 1`, Prisma.sql`hook_lane where hook_lane.last = hook_lane.sent`)})`;
}

/**
 * Body of a CTE that makes the jobs of lanes; it yields `id`.
 *
 * @param n the number of the event that is to be sent, in SQL @param from sources with `hook_lane`: the lane, and `made_by` of its webhook
 */
export function insertLaneJobs(n: Prisma.Sql, from: Prisma.Sql): Prisma.Sql {
  return insertJobs(
    {
      kind: webhookKind,
      id: Prisma.sql`gen_random_uuid()`,
      room: Prisma.sql`hook_lane.room_id`,
      askedBy: Prisma.sql`hook_lane.made_by`,
      request: Prisma.sql`jsonb_build_object('hookId', hook_lane.hook_id, 'n', ${n})`,
    },
    from,
  );
}

/** The ids of the jobs that {@link raiseEvents} made, for the select of the statement. */
export const madeWebhookJobs = Prisma.sql`(select json_agg(hook_job.id) from hook_job)`;

/**
 * What a write by a member adds to its statement. Where no webhook hears of the room, it adds a condition on the counter's row and nothing
 * else: the write matches nothing if one has begun to listen meanwhile.
 */
export function raisingIn(
  { hooked }: Pick<AuthorizedRoom, 'hooked'>,
  events: readonly RaisedEvent[],
): {
  /** A condition on the counter `c`, beginning with `and`. */
  guard: Prisma.Sql;
  /** CTEs to stand last, beginning with a comma. */
  ctes: Prisma.Sql;
  /** Ids of the jobs that were made, in SQL. */
  jobs: Prisma.Sql;
} {
  return hooked
    ? { guard: Prisma.empty, ctes: Prisma.sql`, ${raiseEvents(events)}`, jobs: madeWebhookJobs }
    : { guard: Prisma.sql`and not c.hooked`, ctes: Prisma.empty, jobs: Prisma.sql`null::json` };
}

/** Wakes workers for the jobs that a statement made. If a wake-up is lost, the sweep finds the job. */
export function wakeWebhooks({ bus }: Pick<CoreDeps, 'bus'>, jobIds: readonly string[] | null): void {
  for (const id of jobIds ?? []) void bus.jobs.enqueue(wakeUpOf(webhookKind, id));
}
