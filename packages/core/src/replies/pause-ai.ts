import type { RoomView } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import type { AuthorizedRoom } from '../access/authorized-room.js';
import { ensureMay } from '../access/ensure-may.js';
import { changeRoom } from '../rooms/change-room.js';
import { privateReplyKinds, replyKinds } from '../jobs/agent-kinds.js';
import { firstId } from '../protocol/sweep-step.js';
import { failPausedReply } from './request-stop.js';
import { failPausedPrivateReply } from './stop-private-reply.js';

/**
 * Pauses the AI of a room, or resumes it. While it is paused no character is asked anything there. Answers that are being written stop, by
 * whoever pauses; those that wait fail, and say why. Repeating the call changes nothing.
 *
 * @throws AppError FORBIDDEN for a direct room; ROOM_ARCHIVED; StaleMembershipError
 */
export async function pauseAi(deps: CoreDeps, room: AuthorizedRoom, paused: boolean): Promise<RoomView> {
  ensureMay(room, {}, { direct: 'The AI of a direct room answers only whoever writes there. Write nothing to it instead.' });
  const view = await changeRoom(deps, room, { aiPaused: paused });
  if (paused) await endUnfinished(deps, room);
  return view;
}

/** How many jobs of the room are read at once. */
const jobsAtOnce = 100;

/**
 * Ends what is unfinished, now that the room says that its AI is paused. The room is paused whatever becomes of this: what is left here, a
 * claim refuses, and a renewal of the lease stops.
 */
async function endUnfinished(deps: CoreDeps, { actor, roomId }: AuthorizedRoom): Promise<void> {
  try {
    let after = firstId;
    for (;;) {
      const jobs = await deps.db.$queryRaw<{ id: string; kind: string }[]>(Prisma.sql`
        select j.id, j.kind from jobs j
        where j.room_id = ${roomId}::uuid and j.state <> 'done' and j.id > ${after}::uuid
          and j.kind = any(${[...replyKinds, ...privateReplyKinds]}::text[])
        order by j.id limit ${jobsAtOnce}::int`);
      for (const { id, kind } of jobs) {
        await (replyKinds.includes(kind) ? failPausedReply : failPausedPrivateReply)(deps, actor, id);
      }
      const last = jobs.at(-1);
      if (!last || jobs.length < jobsAtOnce) return;
      after = last.id;
    }
  } catch (error) {
    deps.log.warn({ err: error, roomId }, 'could not end what a paused room had unfinished: workers end it when they look at it');
  }
}
