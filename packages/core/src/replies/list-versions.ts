import { maxListedVersions, type ReplyVersion } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { CoreDeps } from '../deps.js';
import { toIso, type Instant } from '../protocol/instant.js';
import { shownAttempt } from '../protocol/message-rows.js';
import type { AuthorizedMessage } from '../access/authorized-message.js';

interface VersionRow extends Omit<ReplyVersion, 'finishedAt' | 'instruction'> {
  finishedAt: Instant;
  instruction: string | null;
}

/** Lists the latest ten texts of a reply beside the one that it shows, by attempt. A deleted reply has none, and a hidden one shows none. */
export async function listReplyVersions(deps: Pick<CoreDeps, 'db'>, message: AuthorizedMessage): Promise<ReplyVersion[]> {
  const rows = await deps.db.$queryRaw<VersionRow[]>(Prisma.sql`
    select v.attempt, v.content, v.status, v.model, v.usage, v.finished_at as "finishedAt", v.reply ->> 'instruction' as instruction
    from reply_versions v join messages m on m.id = v.message_id and m.deleted_at is null and m.hidden_at is null
    where v.message_id = ${message.id}::uuid and (v.attempt <> ${shownAttempt('m')} or m.content = '')
    order by v.attempt desc limit ${maxListedVersions}::int`);
  return rows.toReversed().map(({ finishedAt, instruction, ...version }) => ({
    ...version,
    finishedAt: toIso(finishedAt),
    ...(instruction !== null && { instruction }),
  }));
}
