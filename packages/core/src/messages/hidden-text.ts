import { AppError, type HiddenTextView } from '@parley/contracts';
import { Prisma } from '@parley/db';
import type { AuthorizedMessage } from '../access/authorized-message.js';
import { ensureMay } from '../access/ensure-may.js';
import { recordAudit } from '../audit/audit-statements.js';
import type { CoreDeps } from '../deps.js';
import { toIso, type Instant } from '../protocol/instant.js';
import { userView } from '../protocol/presenters.js';
import { userJson, type UserRow } from '../protocol/room-rows.js';

/** What a hidden message says, for moderators; the audit log says who looked. @throws AppError MESSAGE_NOT_FOUND for a message that is not hidden; FORBIDDEN */
export async function hiddenText(deps: Pick<CoreDeps, 'db' | 'log'>, { id, room }: AuthorizedMessage): Promise<HiddenTextView> {
  ensureMay(room);
  const [row] = await deps.db.$queryRaw<{ content: string; hiddenAt: Instant; by: UserRow | null }[]>(Prisma.sql`
    select h.content, h.hidden_at as "hiddenAt", case when u.id is not null then ${userJson('u')} end as by
    from hidden_texts h left join users u on u.id = h.hidden_by
    where h.message_id = ${id}::uuid and h.room_id = ${room.roomId}::uuid`);
  if (!row) throw new AppError('MESSAGE_NOT_FOUND', 'That message is not hidden.');
  await recordAudit(deps, { event: 'message.lookedAt', by: room.actor, subject: { kind: 'message', id }, roomId: room.roomId });
  return { content: row.content, hiddenAt: toIso(row.hiddenAt), by: row.by && userView(row.by) };
}
