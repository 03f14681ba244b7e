import { isUniqueViolation, Prisma } from '@parley/db';
import type { ReplyWorker } from '../jobs/claimed-reply.js';

/**
 * Whose reply is written next. A streaming reply holds a place in its room and one of its asker; unique indexes let no two hold the
 * same, so the bounds hold whatever claims race. Who has the fewest replies under way is served first, then who was served least
 * recently: ten calls of one person do not hold up another's one.
 */

/**
 * Selects jobs that may be claimed, as `j`; conditions are added with `and`. `state <> 'done'` as it stands is what the partial
 * index of unfinished jobs asks for. Instants are stored in whole milliseconds, rounded: without the tolerance a worker woken at
 * once could come half of one too early, and the wake-up be lost.
 */
export function pickFrom({ maxPerRoom, maxPerPerson }: ReplyWorker): Prisma.Sql {
  return Prisma.sql`
    select j.message_id from reply_jobs j
    where j.state <> 'done' and j.available_at <= now() + interval '1 millisecond'
      and (j.state = 'streaming' and j.lease_until <= now() or j.state = 'queued'
        ${maxPerRoom === undefined ? Prisma.empty : Prisma.sql`and ${freePlace('room', maxPerRoom)} is not null`}
        ${maxPerPerson === undefined ? Prisma.empty : Prisma.sql`and ${freePlace('person', maxPerPerson)} is not null`})`;
}

/**
 * One whose worker died goes before all that wait: it has had its turn. Of equals the one asked for first, also where it was
 * tried before or handed back, then the one that stands first in the room.
 */
export const byTurns = Prisma.sql`
  order by j.state = 'queued',
    (select count(*) from reply_jobs own where own.asked_by = j.asked_by and own.state = 'streaming'),
    (select max(served.claimed_at) from reply_jobs served where served.asked_by = j.asked_by) nulls first,
    least(j.available_at, j.created_at), j.message_id`;

/** Assignments of the places that a claim of `j` takes. A lapsed attempt's places go on to the next. */
export function placesOf({ maxPerRoom, maxPerPerson }: ReplyWorker): Prisma.Sql {
  const place = (kind: 'room' | 'person', most: number | undefined): Prisma.Sql => {
    const { slot } = columns[kind];
    const free = most === undefined ? Prisma.sql`null` : freePlace(kind, most);
    return Prisma.sql`${slot} = case when j.state = 'streaming' then coalesce(j.${slot}, ${free}) else ${free} end`;
  };
  return Prisma.sql`${place('room', maxPerRoom)}, ${place('person', maxPerPerson)}`;
}

/** True for a claim that lost its place to another one at the same moment. */
export function isPlaceTaken(error: unknown): boolean {
  return isUniqueViolation(error, 'reply_jobs_room_slot_key') || isUniqueViolation(error, 'reply_jobs_person_slot_key');
}

const columns = {
  room: { of: Prisma.sql`room_id`, slot: Prisma.sql`room_slot` },
  person: { of: Prisma.sql`asked_by`, slot: Prisma.sql`person_slot` },
} as const;

/** The lowest free place of the room, or the person, of `j`; null when all are taken. */
function freePlace(kind: 'room' | 'person', most: number): Prisma.Sql {
  const { of, slot } = columns[kind];
  return Prisma.sql`(
    select min(place) from generate_series(1, ${most}::int) place
    where not exists (
      select 1 from reply_jobs held where held.${of} = j.${of} and held.state = 'streaming' and held.${slot} = place::smallint
    ))::smallint`;
}
