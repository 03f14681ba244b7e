import { isUniqueViolation, Prisma } from '@parley/db';
import type { JobKind } from './job.js';

/**
 * Decides whose job is done next. A job under way holds one of its room's places and one of its asker's. Unique indexes let no two jobs
 * hold the same place, so the bounds hold even if claims race. The person with the fewest jobs of the kind under way is served first; of
 * several, the person served least recently. So ten calls of one person do not hold up the single call of another.
 */

/** How many jobs of a kind may be under way at once; undefined where any number may. */
export interface Places {
  perRoom: number | undefined;
  perPerson: number | undefined;
}

/**
 * Selects the jobs that may be claimed, as `j`; the caller adds conditions with `and`. `state <> 'done'` is written as in the partial
 * index of unfinished jobs. Instants are stored rounded to whole milliseconds: without the tolerance, a worker that is woken at once
 * could come half a millisecond too early, and the wake-up would be lost.
 */
export function claimable(kind: JobKind, { perRoom, perPerson }: Places): Prisma.Sql {
  return Prisma.sql`
    select j.id from jobs j
    where j.kind = ${kind} and j.state <> 'done' and j.available_at <= now() + interval '1 millisecond'
      and (j.state = 'streaming' and j.lease_until <= now() or j.state = 'queued'
        ${perRoom === undefined ? Prisma.empty : Prisma.sql`and ${freePlace('room', perRoom)} is not null`}
        ${perPerson === undefined ? Prisma.empty : Prisma.sql`and ${freePlace('person', perPerson)} is not null`})`;
}

/**
 * A job whose worker died goes before all jobs that wait, because it has had its turn. Among equals the job asked for first goes first,
 * even if it was tried before or handed back; then the job with the lower id.
 */
export const byTurns = Prisma.sql`
  order by j.state = 'queued',
    (select count(*) from jobs own where own.kind = j.kind and own.asked_by = j.asked_by and own.state = 'streaming'),
    (select max(served.claimed_at) from jobs served where served.kind = j.kind and served.asked_by = j.asked_by) nulls first,
    least(j.available_at, j.created_at), j.id`;

/**
 * The order in which the unfinished jobs of a room have their turns, for those who watch: jobs under way first, then those that wait, each
 * person's next one after as many of others as {@link byTurns} puts before it. `j` has the columns of `jobs`, and `nth`: the place of a
 * waiting job among those of its kind and its asker here.
 */
export const inSight = Prisma.sql`
  order by j.state = 'queued',
    case when j.state = 'queued' then j.nth + (
      select count(*) from jobs own where own.kind = j.kind and own.asked_by = j.asked_by and own.state = 'streaming') end,
    case when j.state = 'queued' then (
      select max(served.claimed_at) from jobs served where served.kind = j.kind and served.asked_by = j.asked_by) else j.claimed_at end nulls first,
    least(j.available_at, j.created_at), j.id`;

/** The column `nth` of {@link inSight}. */
export const nthOfAsker = Prisma.sql`
  row_number() over (partition by j.kind, j.asked_by, j.state order by least(j.available_at, j.created_at), j.id) as nth`;

/** Assignments of the places that a claim of `j` takes. The places of a lapsed attempt pass to the next attempt. */
export function takePlaces({ perRoom, perPerson }: Places): Prisma.Sql {
  const place = (of: 'room' | 'person', most: number | undefined): Prisma.Sql => {
    const { slot } = columns[of];
    const free = most === undefined ? Prisma.sql`null` : freePlace(of, most);
    return Prisma.sql`${slot} = case when j.state = 'streaming' then coalesce(j.${slot}, ${free}) else ${free} end`;
  };
  return Prisma.sql`${place('room', perRoom)}, ${place('person', perPerson)}`;
}

/** True if a claim failed because another one took the same place at the same moment. */
export function isPlaceTaken(error: unknown): boolean {
  return isUniqueViolation(error, 'reply_jobs_room_slot_key') || isUniqueViolation(error, 'reply_jobs_person_slot_key');
}

const columns = {
  room: { of: Prisma.sql`room_id`, slot: Prisma.sql`room_slot` },
  person: { of: Prisma.sql`asked_by`, slot: Prisma.sql`person_slot` },
} as const;

/** The lowest place that is free in the room of `j`, or for the person who asked for `j`; null when all are taken. */
function freePlace(kind: 'room' | 'person', most: number): Prisma.Sql {
  const { of, slot } = columns[kind];
  return Prisma.sql`(
    select min(place) from generate_series(1, ${most}::int) place
    where not exists (
      select 1 from jobs held
      where held.kind = j.kind and held.${of} = j.${of} and held.state = 'streaming' and held.${slot} = place::smallint
    ))::smallint`;
}
