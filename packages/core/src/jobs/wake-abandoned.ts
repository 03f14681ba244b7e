import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import { wakeJobs, type WaitingJob } from './wake-job.js';

/** The calls that wait for somebody, in `jobs.steps`. */
const waitingFor = '$[*].calls[*] ? (@.state == "waiting" && @.wait.for == $user)';

/** How many answers one statement has go on. */
const maxAtOnce = 200;

/**
 * Has the answers of a room go on that wait until somebody allows a call who has left the room: whoever takes them up finds them gone. It never
 * fails: what it misses lapses after a day, and is not made either.
 */
export async function wakeAbandoned(deps: Pick<CoreDeps, 'db' | 'bus' | 'log'>, left: { roomId: string; userId: string }): Promise<void> {
  const { roomId, userId } = left;
  try {
    for (;;) {
      const jobs = await deps.db.$queryRaw<WaitingJob[]>(Prisma.sql`
        update jobs j set available_at = clock_timestamp()
        where j.id in (
          select w.id from jobs w
          where w.room_id = ${roomId}::uuid and w.state = 'queued' and w.available_at > clock_timestamp()
            and jsonb_path_exists(w.steps, ${waitingFor}::jsonpath, jsonb_build_object('user', ${userId}::text))
          limit ${maxAtOnce}::int for update)
          and j.state = 'queued'
        returning j.id, j.kind, j.character_id as "characterId"`);
      wakeJobs(deps, jobs);
      if (jobs.length < maxAtOnce) return;
    }
  } catch (error) {
    deps.log.warn({ err: error, roomId }, 'could not wake the answers that wait for somebody who left: they go on after a day');
  }
}
