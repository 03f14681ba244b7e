import type { MessageView } from '@parley/contracts';
import { Prisma } from '@parley/db';
import { activeActor } from '../sessions/active-actor.js';
import type { CoreDeps } from '../deps.js';
import type { AuthorizedMessage } from '../access/authorized-message.js';
import { ensureMay } from '../access/ensure-may.js';
import { announceChange, changedMessage, nextRev, staysAsItIs, whyUnchanged, type MessageChange } from './change-message.js';
import { messageJson } from '../protocol/message-rows.js';
import { changeMessages } from '../protocol/message-statements.js';

/**
 * Pins a message, or takes the pin off. A call that changes nothing takes no rev, and the pin keeps its time.
 *
 * @throws AppError MESSAGE_NOT_FOUND, FORBIDDEN, MESSAGE_DELETED, ROOM_ARCHIVED, CONFLICT
 */
export async function pinMessage(
  deps: CoreDeps,
  { id: messageId, room }: AuthorizedMessage,
  { on }: { on: boolean },
): Promise<MessageView> {
  ensureMay(room, {}, { archived: staysAsItIs });
  const { actor, roomId, membersRev } = room;
  const [row] = await deps.db.$queryRaw<MessageChange[]>(Prisma.sql`
    with actor as (${activeActor(actor)}),
    found as (
      select m.id, m.room_id, (m.pinned_at is not null) = ${on}::boolean as same, ${messageJson('m')} as json
      from messages m, actor
      where m.id = ${messageId}::uuid and m.room_id = ${roomId}::uuid and m.deleted_at is null and m.hidden_at is null
      for no key update of m
    ),
    ${nextRev(membersRev)},
    changed as (${changeMessages({
      set: { pinnedAt: Prisma.sql`case when ${on}::boolean then clock_timestamp() end` },
      from: Prisma.sql`found`,
      id: Prisma.sql`found.id`,
    })})
    ${changedMessage()}`);
  if (!row) throw await whyUnchanged(deps, room, messageId);
  return announceChange(deps, room, row);
}
