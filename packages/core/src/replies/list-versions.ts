import type { ReplyVersion } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { Actor } from '../sessions/actor.js';
import type { CoreDeps } from '../deps.js';
import { toIso, type Instant } from '../protocol/instant.js';
import { inRoomOfMessage } from '../messages/in-room-of-message.js';
import type { RoomAccess } from '../access/room-access.js';

/** The most versions one answer holds: a text may have 256 kB. */
const maxListed = 10;

/**
 * Earlier texts of a reply, the latest ten, by attempt; the text it has now is the message's own. None of a deleted one.
 *
 * @throws AppError MESSAGE_NOT_FOUND, FORBIDDEN
 */
export async function listReplyVersions(deps: CoreDeps, actor: Actor, rooms: RoomAccess, messageId: string): Promise<ReplyVersion[]> {
  return await inRoomOfMessage(deps, rooms, actor, 'replies.versions', messageId, async () => {
    const rows = await deps.db.$queryRaw<(Omit<ReplyVersion, 'finishedAt'> & { finishedAt: Instant })[]>(Prisma.sql`
      select v.attempt, v.content, v.status, v.model, v.usage, v.finished_at as "finishedAt"
      from reply_versions v join messages m on m.id = v.message_id and m.deleted_at is null
      where v.message_id = ${messageId}::uuid
      order by v.attempt desc limit ${maxListed}::int`);
    return rows.toReversed().map(({ finishedAt, ...version }) => ({ ...version, finishedAt: toIso(finishedAt) }));
  });
}
