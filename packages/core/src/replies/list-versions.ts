import { maxListedVersions, type ReplyVersion } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import { toIso, type Instant } from '../protocol/instant.js';
import type { AuthorizedMessage } from '../access/authorized-message.js';

/** Lists the latest ten earlier texts of a reply, by attempt; the message has the current text. A deleted reply has none. */
export async function listReplyVersions(deps: Pick<CoreDeps, 'db'>, message: AuthorizedMessage): Promise<ReplyVersion[]> {
  const rows = await deps.db.$queryRaw<(Omit<ReplyVersion, 'finishedAt'> & { finishedAt: Instant })[]>(Prisma.sql`
    select v.attempt, v.content, v.status, v.model, v.usage, v.finished_at as "finishedAt"
    from reply_versions v join messages m on m.id = v.message_id and m.deleted_at is null
    where v.message_id = ${message.id}::uuid
    order by v.attempt desc limit ${maxListedVersions}::int`);
  return rows.toReversed().map(({ finishedAt, ...version }) => ({ ...version, finishedAt: toIso(finishedAt) }));
}
